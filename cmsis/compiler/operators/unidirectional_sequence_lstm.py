"""UNIDIRECTIONAL_SEQUENCE_LSTM: Keras' LSTM. Input [1, T, I] (or [T, 1, I]), output [1, T, N]; four gates of N cells.

Hidden state (int8) and cell state (int16) outlive an inference. Source of the arithmetic: TFLite's integer LSTM "8x8_16".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Multiplier, requantize_wrapped, rounding_shift, wrap
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Constant, DType, Emission, Graph, Operator, Places, Quantization
from cmsis.compiler.node import Node
from cmsis.compiler.operators import lstm_arithmetic as arithmetic
from cmsis.compiler.operators import lstm_reading
from cmsis.compiler.operators.weights import checked_multiplier

GATES = ("input", "forget", "cell", "output")
_INPUT, _WEIGHTS, _RECURRENT, _BIASES, _HIDDEN, _CELL = 0, 1, 5, 9, 13, 14
_GATE_BITS = 12  # Gates are Q3.12.
_CALL = Template("""$kernel($input, $output, &${prefix}_params,
        &(cmsis_nn_lstm_context){$first, $second, $cell, $hidden})""")
_GATE = Template("{$input_factor, ${prefix}_${gate}_weights, ${prefix}_${gate}_bias, $hidden_factor,"
                 " ${prefix}_${gate}_recurrent, ${prefix}_${gate}_recurrent_bias, NULL, $activation}")


@dataclass(frozen=True)
class UnidirectionalSequenceLstm(Operator):
    """Inputs: input, four gates' weights, recurrent weights and biases (in the order of GATES), hidden state, cell state.

    `hidden` is what the output's values mean; `cell_clip` bounds the cell state, 0 for no bound.
    """

    hidden: Quantization
    cell_clip: int
    time_major: bool
    foreign: bool = False

    builtin: ClassVar[str] = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    kernel: ClassVar[str] = "arm_lstm_unidirectional_s8"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32)

    @classmethod
    def read(cls, node: Node) -> "UnidirectionalSequenceLstm":
        """Returns the operator of a .tflite node; raises UserError."""
        return cls(node.layer, lstm_reading.inputs(node), node.outputs, lstm_reading.hidden(node),
                   lstm_reading.cell_clip(node), lstm_reading.time_major(node))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, T, N] or [T, 1, N]."""
        return (*graph.input_of(self, _INPUT).shape[:2], self._cells(graph))

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        steps = values[_INPUT].reshape(-1, values[_INPUT].shape[2]).astype(np.int64)
        weights, recurrent = ([value.astype(np.int64) for value in values[first:first + len(GATES)]]
                              for first in (_WEIGHTS, _RECURRENT))
        biases, (factors, last) = self.effective_biases(graph), self.multipliers(graph)
        hidden, cell, power, outputs = values[_HIDDEN][0], values[_CELL][0], self.cell_power(graph), []
        for step in steps:
            sums = [arithmetic.saturate(requantize_wrapped(matrix @ step + bias[0], factor[0]))
                    for matrix, bias, factor in zip(weights, biases, factors)]
            sums = [arithmetic.saturate(wrap(total + requantize_wrapped(matrix @ hidden.astype(np.int64) + bias[1], factor[1])))
                    for total, matrix, bias, factor in zip(sums, recurrent, biases, factors)]
            admit, forget, emit = (arithmetic.logistic(sums[gate]) for gate in (0, 1, 3))
            added = rounding_shift(admit * arithmetic.tanh(sums[2], 15 - _GATE_BITS), 30 + power)
            cell[:] = self._clip(arithmetic.saturate(rounding_shift(forget * cell, 15) + added))
            shown = requantize_wrapped(emit * arithmetic.tanh(cell, 15 + power), last) + self.hidden.zero_point
            hidden[:] = np.clip(shown, INT8_MIN, INT8_MAX)
            outputs.append(hidden.copy())
        return np.stack(outputs).reshape(graph.output_of(self).shape)

    def _clip(self, cell: np.ndarray) -> np.ndarray:
        return np.clip(cell, -self.cell_clip, self.cell_clip) if self.cell_clip > 0 else cell

    def macs(self, graph: Graph) -> int:
        """Returns T * 4 * N * (I + N)."""
        source, cells = graph.input_of(self, _INPUT), self._cells(graph)
        return source.elements // source.shape[2] * len(GATES) * cells * (source.shape[2] + cells)

    def for_cmsis_nn(self, graph: Graph) -> "UnidirectionalSequenceLstm":
        """Returns this operator with scratch for two gates."""
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns 0: a cell's gates stay in registers."""
        return 2 * 2 * self._cells(graph) if self.foreign else 0

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of arm_lstm_unidirectional_s8."""
        constants = []
        for gate, biases in enumerate(self.effective_biases(graph)):
            prefix = f"{places.prefix}_{GATES[gate]}"
            for name, first in (("weights", _WEIGHTS), ("recurrent", _RECURRENT)):
                constants.append(c_source.array(f"{prefix}_{name}", "int8_t",
                                                graph.input_of(self, first + gate).array().flatten()))
            for name, bias in zip(("bias", "recurrent_bias"), biases):
                constants.append(c_source.array(f"{prefix}_{name}", "int32_t", bias))
        second = f"{places.scratch} + {2 * self._cells(graph)}" if self.foreign else "NULL"
        call = _CALL.substitute(
            kernel=self.kernel, prefix=places.prefix, input=places.inputs[_INPUT], output=places.output, first=places.scratch,
            second=second, cell=places.inputs[_CELL], hidden=places.inputs[_HIDDEN])
        return Emission((*constants, self._parameters(graph, places.prefix)), call)

    def _parameters(self, graph: Graph, prefix: str) -> Constant:
        factors, last = self.multipliers(graph)
        power = self.cell_power(graph)
        gates = [_GATE.substitute(
            prefix=prefix, gate=gate, input_factor=_pair(first), hidden_factor=_pair(second),
            activation="ARM_TANH" if gate == "cell" else "ARM_SIGMOID") for gate, (first, second) in zip(GATES, factors)]
        source = graph.input_of(self, _INPUT)
        # The cell state's own factors are powers of two: 2^-15, and 2^(-30 - power).
        numbers = (int(self.time_major), 1, source.elements // source.shape[2], source.shape[2], self._cells(graph),
                   -source.quantization.zero_point)
        # Arm's function takes no bound beyond int16, ours needs one for INT16_MIN to stay.
        clip = self.cell_clip or (arithmetic.HIGH if self.foreign else -arithmetic.LOW)
        return c_source.struct(f"{prefix}_params", "cmsis_nn_lstm_params", ",\n    ".join((
            ", ".join(map(str, numbers)), f"{1 << 30}, -14, {1 << 30}, {-29 - power}, {clip}, {power}",
            f"{_pair(last)}, {self.hidden.zero_point}", gates[1], gates[0], gates[2], gates[3])))

    def multipliers(self, graph: Graph) -> tuple[tuple[tuple[Multiplier, Multiplier], ...], Multiplier]:
        """Returns each gate's factors of input and hidden state, and the output's; float32 products, as TFLite has them."""
        source, hidden = (np.float32(graph.input_of(self, index).quantization.scale) for index in (_INPUT, _HIDDEN))
        with np.errstate(over="ignore", divide="ignore"):
            factors = tuple(tuple(checked_multiplier(self, float(
                np.float32(graph.input_of(self, first + gate).quantization.scale) * scale) * 2.0 ** _GATE_BITS)
                for first, scale in ((_WEIGHTS, source), (_RECURRENT, hidden))) for gate in range(len(GATES)))
            last = float(np.float32(2.0**-15) / np.float32(self.hidden.scale)) * 2.0**-15
        return factors, checked_multiplier(self, last)

    def effective_biases(self, graph: Graph) -> list[tuple[np.ndarray, np.ndarray]]:
        """Returns for each gate what is added to the products of input and hidden state: bias and zero points' shares."""
        zero_points = [graph.input_of(self, index).quantization.zero_point for index in (_INPUT, _HIDDEN)]
        return [(wrap(graph.input_of(self, _BIASES + gate).array().astype(np.int64) - zero_points[0] * sums[0]),
                 wrap(-zero_points[1] * sums[1]))
                for gate in range(len(GATES))
                for sums in [[graph.input_of(self, first + gate).array().astype(np.int64).sum(axis=1)
                              for first in (_WEIGHTS, _RECURRENT)]]]

    def cell_power(self, graph: Graph) -> int:
        """Returns the logarithm of the cell state's scale, in [-15, -9]."""
        return math.frexp(graph.input_of(self, _CELL).quantization.scale)[1] - 1

    def _cells(self, graph: Graph) -> int:
        return graph.input_of(self, _HIDDEN).shape[1]


def _pair(factor: Multiplier) -> str:
    return f"{factor.value}, {factor.shift}"
