"""Runs a graph on NumPy: the compiler's own statement of what the C must compute, bit for bit.

Inputs: a Graph and one int8 input. Outputs: the int8 output. Non-goals: speed.
"""

import numpy as np

from cmsis.compiler.ir import Graph


def evaluate(graph: Graph, value: np.ndarray) -> np.ndarray:
    """Returns the output tensor for `value`, int8 of the input tensor's shape."""
    values = {number: tensor.array() for number, tensor in enumerate(graph.tensors) if tensor.constant and tensor.dtype}
    values[graph.inputs[0]] = value.reshape(graph.tensors[graph.inputs[0]].shape)
    for operator in graph.operators:
        values[operator.outputs[0]] = operator.reference(graph, [values[number] for number in operator.inputs])
    return values[graph.outputs[0]]
