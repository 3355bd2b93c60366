"""Pass: drops operators whose results nobody reads."""

from dataclasses import replace

from cmsis.compiler.ir import Graph


def remove_dead_operators(graph: Graph) -> Graph:
    """Returns the graph without operators that no output depends on; order is kept."""
    needed = set(graph.outputs)
    kept = []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    return replace(graph, operators=tuple(reversed(kept)))
