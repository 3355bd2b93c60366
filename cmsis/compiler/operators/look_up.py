"""Operators that treat every value of one int8 tensor alike: a table of 256 bytes, computed at compile time.

Purpose: what LOGISTIC, TANH, RELU and their kin become. Each has a file with its arithmetic; all share this operator.
Inputs: 256 outputs, one per int8. Outputs: a look-up, a clamp where the table is one; remove_identities drops what changes nothing.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Clamp, quantize_multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from tools.errors import UserError

VALUES = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
"""Every int8 in the order of a table: by its bits, read as unsigned (0 to 127, then -128 to -1)."""

_MAX_FACTOR = 1 << 22  # Above it, TFLite's left shift of 255 would overflow an int32.
_MAX_STEPS = 1 << 24  # Output steps up to here are exact in float32.
_CLAMP = "edgeplug_clamp_s8"
_HEADER = "edgeplug_nn.h"
_CALL = Template("$kernel($input, $count, $what, $output)")


@dataclass(frozen=True)
class LookUp(Operator):
    """output = table[input], `table` in the order of VALUES."""

    table: bytes

    kernel: ClassVar[str] = "edgeplug_lookup_s8"
    overwrites: ClassVar[tuple[int, ...]] = (0,)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the shape that the file states for the output if it holds as many elements, else the input's."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        return target.shape if source.elements == target.elements else source.shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return self.outputs_of_table()[values[0].view(np.uint8)].reshape(graph.output_of(self).shape)

    def outputs_of_table(self) -> np.ndarray:
        """Returns the table as 256 int8."""
        return np.frombuffer(self.table, np.int8)

    def as_clamp(self) -> Clamp | None:
        """Returns the range that the table clamps to, or None where it does anything else."""
        outputs = self.outputs_of_table()
        low, high = int(outputs.min()), int(outputs.max())
        return Clamp(low, high) if np.array_equal(outputs, VALUES.clip(low, high)) else None

    @property
    def identity(self) -> bool:
        """Whether the table changes nothing."""
        return self.as_clamp() == Clamp(INT8_MIN, INT8_MAX)

    def kernel_for(self, graph: Graph) -> str:
        """Returns edgeplug_clamp_s8 where that is enough, else edgeplug_lookup_s8."""
        return _CLAMP if self.as_clamp() else self.kernel

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the call; equal tables share a name and so a place."""
        count, clamp = graph.output_of(self).elements, self.as_clamp()
        call = Template(_CALL.safe_substitute(input=places.inputs[0], count=count, output=places.output))
        if clamp:
            text = call.substitute(kernel=_CLAMP, what=f"{clamp.low}, {clamp.high}")
            return Emission((), text, returns_status=False, header=_HEADER)
        table = c_source.array(f"table_{hashlib.sha256(self.table).hexdigest()[:12]}", "int8_t", self.outputs_of_table())
        return Emission((table,), call.substitute(kernel=self.kernel, what=table.name), returns_status=False, header=_HEADER)


@dataclass(frozen=True)
class Unary(LookUp):
    """One of TFLite's operators on one tensor; a subclass brings its table."""

    @classmethod
    def read(cls, node: Node) -> LookUp:
        """Returns the operator of a .tflite node; raises UserError."""
        require_shape(node, node.int8_input(0).shape)
        node.int8_output()
        return cls(node.layer, node.present_inputs(1), node.outputs, table_of(cls.outputs_for(node)))

    @classmethod
    @abstractmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the node's output for each of VALUES; what lies beyond int8 saturates. Raises UserError."""


def require_shape(node: Node, wanted: tuple[int, ...]) -> None:
    """Raises UserError unless the file states the shape that the output has: infer_shape() itself believes the file."""
    if node.output().shape != wanted:
        raise UserError(f"{node.layer}: shape of {node.builtin} does not follow from its inputs; got"
                        f" {list(node.output().shape)}, want {list(wanted)}. Fix: export the .tflite again")


def table_of(outputs: np.ndarray) -> bytes:
    """Returns the table of 256 outputs, saturated."""
    return outputs.clip(INT8_MIN, INT8_MAX).astype(np.int8).tobytes()


def rescaled(node: Node, factor: float) -> np.ndarray:
    """Returns, for each of VALUES, the output of a mere change of scale by `factor`, rounded twice; not clamped."""
    source, target = node.int8_input(0).quantization, node.int8_output().quantization
    if not abs(factor) < _MAX_FACTOR:
        raise UserError(f"{node.layer}: {node.builtin} enlarges too much; got scale {source.scale} in and {target.scale} out,"
                        f" want a factor below {_MAX_FACTOR}. Fix: calibrate the quantization again")
    multiplier = quantize_multiplier(factor)
    return requantize(VALUES - source.zero_point, multiplier.value, multiplier.shift) + target.zero_point


def real_inputs(node: Node) -> np.ndarray:
    """Returns the real value, in float32, of each of VALUES as the input."""
    source = node.int8_input(0).quantization
    with np.errstate(over="ignore"):
        return np.float32(source.scale) * (VALUES - source.zero_point).astype(np.float32)


def quantized(node: Node, real: np.ndarray) -> np.ndarray:
    """Returns real outputs in output steps, by TFLite's float32: times 1 / scale, halves away from zero."""
    target = node.int8_output().quantization
    with np.errstate(over="ignore", invalid="ignore"):
        steps = real * (np.float32(1) / np.float32(target.scale))
    if not np.all(np.abs(steps) < _MAX_STEPS):
        raise UserError(f"{node.layer}: output steps of {node.builtin} are too fine; got scale {target.scale}, want outputs of"
                        f" less than {_MAX_STEPS} steps. Fix: calibrate the quantization again")
    return np.copysign(np.floor(np.abs(steps).astype(np.float64) + 0.5), steps).astype(np.int64) + target.zero_point
