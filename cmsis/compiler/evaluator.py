"""Runs a graph on NumPy: the compiler's own statement of what the C must compute, bit for bit.

Inputs: a Graph and its inputs. Outputs: its outputs. Non-goals: speed.
"""

from collections.abc import Sequence

import numpy as np

from cmsis.compiler.ir import DType, Graph, Tensor


def evaluate(graph: Graph, value: np.ndarray) -> np.ndarray:
    """Returns the first output for the only input, an array of the input tensor's elements."""
    return Evaluator(graph).run([value])[0]


class Evaluator:
    """Runs inferences in a row: states are kept from one to the next."""

    def __init__(self, graph: Graph):
        """Puts all states to zero."""
        self._graph = graph
        self._known = {number: tensor.array() for number, tensor in enumerate(graph.tensors)
                       if tensor.constant and tensor.dtype}
        self._known |= {number: initial_state(tensor) for number, tensor in enumerate(graph.tensors) if tensor.state}

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns the outputs for `inputs`, one array per input."""
        graph, values = self._graph, dict(self._known)
        for number, value in zip(graph.inputs, inputs, strict=True):
            values[number] = value.reshape(graph.tensors[number].shape)
        for operator in graph.operators:
            outputs = operator.references(graph, [values[number] for number in operator.inputs])
            values.update(zip(operator.outputs, outputs, strict=True))
        return tuple(values[number] for number in graph.outputs)


def initial_state(tensor: Tensor) -> np.ndarray:
    """Returns a state's value before the first inference: real zero, as TFLite has it."""
    # TFLite fills int8 states with the zero point, all others with zero bytes.
    zero = tensor.quantization.zero_point if tensor.dtype is DType.INT8 else 0
    return np.full(tensor.shape, zero, tensor.dtype.value)
