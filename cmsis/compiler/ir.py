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
    INT32 = "int32"

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
    """A value: `data` holds the little-endian bytes of a constant, and is None for what is computed at run time."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: bytes | None = None

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
    """What an operator contributes to the C source: constants, and the call as an expression or a statement."""

    constants: tuple[Constant, ...]
    call: str
    returns_status: bool = True


@dataclass(frozen=True)
class Places:
    """C expressions for one operator: its layer's prefix, its tensors and its scratch ("NULL" when it needs none)."""

    prefix: str
    inputs: tuple[str, ...]
    output: str
    scratch: str


@dataclass(frozen=True)
class Operator(ABC):
    """One step of the network. Subclasses own shape inference, NumPy reference and emission.

    `inputs` and `outputs` are numbers of tensors; `layer` is the name used in messages and reports.
    """

    layer: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    builtin: ClassVar[str]
    kernel: ClassVar[str]
    aliases_input: ClassVar[bool] = False

    @abstractmethod
    def infer_shape(self, graph: "Graph") -> tuple[int, ...]:
        """Returns the output's shape, from the inputs' shapes alone."""

    @abstractmethod
    def reference(self, graph: "Graph", values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output for `values`, one array per input."""

    def kernel_for(self, graph: "Graph") -> str:
        """Returns the C function that `emit` calls."""
        return self.kernel

    def macs(self, graph: "Graph") -> int:
        """Returns the multiply-accumulates of one inference, padding included."""
        return 0

    def scratch_bytes(self, graph: "Graph") -> int:
        """Returns the scratch that the kernel wants while it runs."""
        return 0

    def emit(self, graph: "Graph", places: Places) -> Emission:
        """Returns the C constants and call; raises UserError for an operator without a kernel."""
        raise self.refusal()

    def refusal(self) -> UserError:
        """Returns the error for an operator that only compiles when a pass removes it."""
        return UserError(f"{self.layer}: {self.builtin} has no kernel and could not be folded away; got a value computed"
                         " at run time, want a constant. Fix: export the model with a fixed input shape")


@dataclass(frozen=True)
class Graph:
    """A network: operators in execution order; `inputs` and `outputs` are numbers of tensors."""

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def input_of(self, operator: Operator, index: int) -> Tensor:
        """Returns the operator's input tensor number `index`."""
        return self.tensors[operator.inputs[index]]

    def output_of(self, operator: Operator) -> Tensor:
        """Returns the operator's first output tensor."""
        return self.tensors[operator.outputs[0]]


Pass = Callable[[Graph], Graph]
