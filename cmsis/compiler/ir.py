"""The compiler's intermediate representation: frozen dataclasses, explicit quantisation.

Purpose: what every pass reads and returns. A Graph is a list of operators in execution order over numbered tensors.
Non-goals: anything of a file format (see reader.py) or of C (see emitter.py).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np

from tools.errors import UserError

INT8_MIN = -128
INT8_MAX = 127


class DType(Enum):
    """Element types that the compiler handles; the value is NumPy's name."""

    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"

    @property
    def item_bytes(self) -> int:
        """Bytes per element."""
        return np.dtype(self.value).itemsize


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero_point); one scale and zero point per tensor, or per index of `axis`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scales) > 1

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantisation (a float32 value)."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantisation."""
        return self.zero_points[0]


@dataclass(frozen=True)
class Tensor:
    """A value: `data` holds the little-endian bytes of a constant, and is None for what is computed at run time.

    A `state` is kept from one inference to the next: an operator that takes one as input updates it in place.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: bytes | None = None
    state: bool = False

    @property
    def elements(self) -> int:
        """Number of elements (1 for a scalar)."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes that the tensor takes in memory."""
        return self.elements * self.dtype.item_bytes

    @property
    def constant(self) -> bool:
        """Whether the value is known at compile time."""
        return self.data is not None

    def array(self) -> np.ndarray:
        """Returns the constant as an array of `shape`."""
        return np.frombuffer(self.data, dtype=self.dtype.value).reshape(self.shape)


@dataclass(frozen=True)
class Constant:
    """A C constant: its identifier and its whole definition, semicolon included."""

    name: str
    definition: str


@dataclass(frozen=True)
class Emission:
    """What an operator contributes to the C source: constants, the call as an expression or a statement, and who declares it."""

    constants: tuple[Constant, ...]
    call: str
    returns_status: bool = True
    header: str = "arm_nnfunctions.h"
    further_headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alias:
    """Tensor `part` holds the bytes of tensor `whole` from byte `offset` on; one of the two is an operator's output."""

    part: int
    whole: int
    offset: int = 0


@dataclass(frozen=True)
class Places:
    """C expressions for one operator: its layer's prefix, its tensors and its scratch ("NULL" when it needs none).

    A tensor's expression is a pointer to its element type; scratch is an `int8_t *`, aligned to 4 bytes. `settled` tells
    for each of the operator's aliases whether it holds already.
    """

    prefix: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    scratch: str
    settled: tuple[bool, ...] = ()

    @property
    def output(self) -> str:
        """The first output's expression."""
        return self.outputs[0]


@dataclass(frozen=True)
class Operator(ABC):
    """One step of the network. Subclasses own shape inference, NumPy reference and emission.

    `inputs` and `outputs` are numbers of tensors; `layer` is the name used in messages and reports; `types` are the
    element types that it may meet. One with several outputs derives from MultiOutput.
    `overwrites` are the positions of inputs that the first output may replace in memory, byte for byte from the same
    address on: the kernel reads no element of them after it wrote that element of the output.
    `value_independent` marks one whose outputs follow from shapes alone.
    """

    layer: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    builtin: ClassVar[str]
    kernel: ClassVar[str]
    overwrites: ClassVar[tuple[int, ...]] = ()
    value_independent: ClassVar[bool] = False
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT32)

    @abstractmethod
    def infer_shape(self, graph: "Graph") -> tuple[int, ...]:
        """Returns the output's shape, from the inputs' shapes alone."""

    @abstractmethod
    def reference(self, graph: "Graph", values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output for `values`, one array per input; an input that is a state is updated in place."""

    def infer_shapes(self, graph: "Graph") -> tuple[tuple[int, ...], ...]:
        """Returns the outputs' shapes."""
        return (self.infer_shape(graph),)

    def references(self, graph: "Graph", values: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns the exact outputs for `values`."""
        return (self.reference(graph, values),)

    def aliases(self, graph: "Graph") -> tuple[Alias, ...]:
        """Returns, for an operator that only moves bytes, what makes it a no-op when all of it holds; else ().

        They cover either all outputs, each as part of an input, or the only output, as a whole of inputs.
        """
        return ()

    def kernel_for(self, graph: "Graph") -> str:
        """Returns the C function that `emit` calls."""
        return self.kernel

    def macs(self, graph: "Graph") -> int:
        """Returns the multiply-accumulates of one inference, padding included."""
        return 0

    def scratch_bytes(self, graph: "Graph") -> int:
        """Returns the scratch that the kernel wants while it runs."""
        return 0

    def for_cmsis_nn(self, graph: "Graph") -> "Operator":
        """Returns this operator with the scratch that Arm's own function wants; raises UserError where that can't compute it."""
        return self

    def emit(self, graph: "Graph", places: Places) -> Emission:
        """Returns the C constants and call; raises UserError for an operator without a kernel."""
        raise self.refusal()

    def refusal(self) -> UserError:
        """Returns the error for an operator that only compiles when a pass removes it."""
        return UserError(f"{self.layer}: {self.builtin} has no kernel and could not be folded away; got a value computed"
                         " at run time, want a constant. Fix: export the model with a fixed input shape")


@dataclass(frozen=True)
class MultiOutput(Operator):
    """An operator with several outputs: infer_shapes and references are its own, one item per output."""

    @abstractmethod
    def infer_shapes(self, graph: "Graph") -> tuple[tuple[int, ...], ...]:
        """Returns the outputs' shapes, from the inputs' shapes alone."""

    @abstractmethod
    def references(self, graph: "Graph", values: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns the exact outputs for `values`, one array per input."""

    def infer_shape(self, graph: "Graph") -> tuple[int, ...]:
        """Returns the first output's shape."""
        return self.infer_shapes(graph)[0]

    def reference(self, graph: "Graph", values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the first output."""
        return self.references(graph, values)[0]


@dataclass(frozen=True)
class Graph:
    """A network: operators in execution order; `inputs` and `outputs` are numbers of tensors. `nominal_macs` are, by the first
    output's number, those of operators that a pass made smaller.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    nominal_macs: tuple[tuple[int, int], ...] = ()

    def input_of(self, operator: Operator, index: int) -> Tensor:
        """Returns the operator's input tensor number `index`."""
        return self.tensors[operator.inputs[index]]

    def output_of(self, operator: Operator, index: int = 0) -> Tensor:
        """Returns the operator's output tensor number `index`."""
        return self.tensors[operator.outputs[index]]

    def nominal_macs_of(self, operator: Operator) -> int:
        """Returns the operator's multiply-accumulates as the model has them."""
        return dict(self.nominal_macs).get(operator.outputs[0], operator.macs(self))


Pass = Callable[[Graph], Graph]
