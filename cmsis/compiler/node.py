"""One operator of a .tflite file before it becomes an IR operator."""

from dataclasses import dataclass
from enum import IntEnum

from cmsis.compiler.flatbuffer import CorruptError, Table
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, DType, Tensor
from cmsis.compiler.operator_names import BUILTIN_OPTIONS
from tools.errors import UserError


@dataclass(frozen=True)
class Node:
    """`inputs`, `outputs` and `intermediates` are tensor numbers, -1 for an absent optional one; `options` is the table of the builtin's
    options, `options_type` the number that the file gives for their kind (0 where there are none)."""

    layer: str
    builtin: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None
    options_type: int
    tensors: tuple[Tensor, ...]
    intermediates: tuple[int, ...] = ()

    def option(self, number: IntEnum, layout: str, default=0):
        """Returns a scalar option, a member of schema.py's table of that kind; `default` when the file leaves it out."""
        self._check_kind(number)
        return default if self.options is None else self.options.scalar(number, layout, default)

    def option_array(self, number: IntEnum, dtype: str) -> tuple[int, ...]:
        """Returns an option that is a vector, empty when the file leaves it out."""
        self._check_kind(number)
        return () if self.options is None else tuple(self.options.array(number, dtype).tolist())

    def _check_kind(self, number: IntEnum) -> None:
        """Raises UserError where the options are not of the kind that `number` belongs to."""
        kind = type(number).__name__
        if self.options_type not in (0, BUILTIN_OPTIONS.index(kind)) or (self.options is not None and not self.options_type):
            raise CorruptError(f"{self.layer}: options of {self.builtin} are of another kind; got number {self.options_type},"
                               f" want {BUILTIN_OPTIONS.index(kind)} ({kind}). Fix: export the .tflite again")

    def input(self, index: int) -> Tensor:
        """Returns the input tensor number `index`; raises UserError when the file has none."""
        if index >= len(self.inputs) or self.inputs[index] < 0:
            raise UserError(f"{self.layer}: {self.builtin} lacks input {index}; got {len(self.inputs)} inputs,"
                            f" want {index + 1}. Fix: export the .tflite again")
        return self.tensors[self.inputs[index]]

    def output(self, index: int = 0) -> Tensor:
        """Returns the output tensor number `index`; raises UserError when the file has none."""
        if index >= len(self.outputs):
            raise UserError(f"{self.layer}: {self.builtin} has no output {index}; got {len(self.outputs)} outputs, want"
                            f" {index + 1}. Fix: export the .tflite again")
        return self.tensors[self.outputs[index]]

    def int8_input(self, index: int) -> Tensor:
        """Returns an input that must be computed int8 with one scale and zero point."""
        return self._int8(self._computed(index))

    def int8_operand(self, index: int) -> Tensor:
        """Returns an input that must be int8 with one scale and zero point, constant or computed."""
        return self._int8(self.input(index))

    def int8_output(self, index: int = 0) -> Tensor:
        """Returns an output, which must be int8 with one scale and zero point."""
        return self._int8(self.output(index))

    def int16_input(self, index: int) -> Tensor:
        """Returns an input that must be computed int16 with one scale and zero point 0."""
        return self._int16(self._computed(index))

    def int16_output(self) -> Tensor:
        """Returns the output, which must be int16 with one scale and zero point 0."""
        return self._int16(self.output())

    def _computed(self, index: int) -> Tensor:
        tensor = self.input(index)
        if tensor.constant:
            raise UserError(f"{self.layer}: input {index} of {self.builtin} is constant; got a constant, want a"
                            " computed value. Fix: remove the layer")
        return tensor

    def _int16(self, tensor: Tensor) -> Tensor:
        quantization = tensor.quantization
        if tensor.dtype is not DType.INT16 or quantization.per_channel or quantization.zero_point != 0:
            raise UserError(f"{self.layer}: tensor {tensor.name} of {self.builtin} must be int16 with one scale; got"
                            f" {tensor.dtype} with {quantization}, want a zero point of 0. Fix: convert with 16-bit"
                            " activations and 8-bit weights")
        return tensor

    def _int8(self, tensor: Tensor) -> Tensor:
        quantization = tensor.quantization
        if (tensor.dtype is not DType.INT8 or quantization.per_channel
                or not INT8_MIN <= quantization.zero_point <= INT8_MAX):
            raise UserError(f"{self.layer}: tensor {tensor.name} of {self.builtin} must be int8 with one scale; got"
                            f" {tensor.dtype} with {quantization}, want a zero point of -128 to 127."
                            " Fix: convert to full int8 with a calibration set (//model/quantization:quantize)")
        return tensor

    def state(self, index: int) -> Tensor:
        """Returns an input that must be kept from one inference to the next."""
        tensor = self.input(index)
        if not tensor.state:
            raise UserError(f"{self.layer}: input {index} of {self.builtin} must be a state; got {tensor.name}, which is none,"
                            " want a variable tensor. Fix: export the .tflite again")
        return tensor

    def constant(self, index: int) -> Tensor:
        """Returns an input that must be known at compile time."""
        tensor = self.input(index)
        if not tensor.constant:
            raise UserError(f"{self.layer}: input {index} of {self.builtin} must be constant; got a computed value,"
                            " want a constant. Fix: export the model with fixed weights and shapes")
        return tensor

    def present_inputs(self, most: int | None = None) -> tuple[int, ...]:
        """Returns the tensor numbers without absent optional ones; raises UserError where the file has more than `most`."""
        if most is not None and len(self.inputs) > most:
            raise CorruptError(f"{self.layer}: {self.builtin} has too many inputs; got {len(self.inputs)}, want at most {most}."
                               " Fix: export the .tflite again")
        return tuple(number for number in self.inputs if number >= 0)
