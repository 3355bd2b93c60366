"""Pass: lets a layer that reads every second value read all of them, with weights of zero for the others.

Exact: zeros add nothing. It saves the copy of one channel of two (Keras: Cropping2D, x[..., :1]); kernels skip what has no weights.
"""

from dataclasses import replace

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.movement import Axis
from cmsis.compiler.operators.reshape import Reshape
from cmsis.compiler.operators.slice import Box
from cmsis.compiler.passes.rewriting import private_producer


def fold_slices(graph: Graph) -> Graph:
    """Returns the graph in which such layers read what the slice reads; the slice is left without a reader."""
    for operator in graph.operators:
        if isinstance(operator, (Conv2D, FullyConnected)) and not operator.alternate:
            box = private_producer(graph, operator)
            if isinstance(box, Box) and _takes_seconds(graph, box) and _reads_one_channel(graph, operator):
                graph = _folded(graph, box, operator)
    return graph


def _takes_seconds(graph: Graph, box: Box) -> bool:
    """Whether the box is every second value, from the first on."""
    (one,), elements = box.copies(graph), graph.output_of(box).elements
    return (one.source_offset == 0 and one.run_bytes == 1 and one.axes == (Axis(elements, 2, 1),)
            and graph.input_of(box, 0).elements == 2 * elements)


def _reads_one_channel(graph: Graph, operator: Operator) -> bool:
    """Whether values that lie side by side meet weights that do."""
    source, matrix = graph.input_of(operator, 0), graph.input_of(operator, 1)
    if isinstance(operator, Conv2D):
        return source.shape[3] == matrix.shape[3] == 1
    return source.shape[-1] == matrix.shape[1]


def _folded(graph: Graph, box: Box, operator: Conv2D | FullyConnected) -> Graph:
    source, filters = graph.input_of(operator, 0), graph.input_of(operator, 1)
    both = np.stack([filters.array(), np.zeros(filters.shape, np.int8)], axis=-1)
    shape, wide = (*source.shape[:-1], 2 * source.shape[-1]), (*filters.shape[:-1], 2 * filters.shape[-1])
    first = len(graph.tensors)
    tensors = (*graph.tensors, replace(source, shape=shape), replace(filters, shape=wide, data=both.astype(filters.dtype.value).tobytes()))
    view = Reshape(box.layer, box.inputs, (first,), shape)
    wider = replace(operator, inputs=(first, first + 1, *operator.inputs[2:]), alternate=True)
    operators = []
    for one in graph.operators:
        operators += [view, wider] if one is operator else [one]
    return replace(graph, tensors=tensors, operators=tuple(operators))
