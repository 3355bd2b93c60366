"""Pass: replaces operators whose results are known at compile time by their results."""

from dataclasses import replace

from cmsis.compiler.ir import Graph, Operator, Tensor


def fold_constants(graph: Graph) -> Graph:
    """Returns the graph without operators whose inputs are all constant, unless they compute the network's output."""
    tensors, kept = list(graph.tensors), []
    for operator in graph.operators:
        known = replace(graph, tensors=tuple(tensors))
        if set(operator.outputs) & set(graph.outputs) or not _foldable(operator, tensors):
            kept.append(operator)
            continue
        values = [tensors[number].array() if tensors[number].constant else None for number in operator.inputs]
        for number, value in zip(operator.outputs, operator.references(known, values)):
            tensors[number] = replace(tensors[number], data=value.astype(tensors[number].dtype.value).tobytes())
    return replace(graph, tensors=tuple(tensors), operators=tuple(kept))


def _foldable(operator: Operator, tensors: list[Tensor]) -> bool:
    return operator.value_independent or all(tensors[number].constant for number in operator.inputs)
