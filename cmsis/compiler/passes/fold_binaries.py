"""Pass: makes a look-up of an operator on two tensors that both follow from one: x * sigmoid(x), x * relu6(x + 3), x * x.

Exact: the operator's arithmetic on both tables, value by value.
"""

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.operators.binary import Binary, FoldedBinary
from cmsis.compiler.operators.look_up import VALUES, LookUp
from cmsis.compiler.passes.rewriting import with_operator


def fold_binaries(graph: Graph) -> Graph:
    """Returns the graph without such operators; the look-ups before them are left to who else reads them."""
    for position, operator in enumerate(graph.operators):
        folded = _folded(graph, operator) if isinstance(operator, Binary) else None
        if folded:
            graph = with_operator(graph, position, folded)
    return graph


def _folded(graph: Graph, operator: Binary) -> FoldedBinary | None:
    """Returns the look-up on the nearest tensor that both operands follow from, or None."""
    firsts, seconds = (_origins(graph, number) for number in operator.inputs)
    shared = next((number for number in firsts if number in seconds), None)
    return None if shared is None else operator.folded(operator.scales(graph), shared, firsts[shared], seconds[shared])


def _origins(graph: Graph, number: int) -> dict[int, np.ndarray]:
    """Returns the tensors that tensor `number` follows from by look-ups, the nearest first, with its value for each of theirs."""
    found, values = {number: VALUES}, VALUES
    producer = _look_up_behind(graph, number)
    while producer:
        values = values[producer.outputs_of_table().view(np.uint8)]
        found[producer.inputs[0]] = values
        producer = _look_up_behind(graph, producer.inputs[0])
    return found


def _look_up_behind(graph: Graph, number: int) -> LookUp | None:
    """Returns the look-up that computes a tensor of its input's shape."""
    producer = next((operator for operator in graph.operators if number in operator.outputs), None)
    same = isinstance(producer, LookUp) and graph.input_of(producer, 0).shape == graph.tensors[number].shape
    return producer if same else None
