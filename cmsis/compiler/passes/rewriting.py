"""What passes share that replace an operator together with the one that computes its input."""

from collections.abc import Callable
from dataclasses import replace

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.operators.reshape import View

Rule = Callable[[Graph, Operator, LookUp], Operator | None]


def rewrite_look_ups(graph: Graph, rule: Rule) -> Graph:
    """Returns the graph after `rule` was asked for each look-up whose producer nobody else reads, in order.

    The operator that it returns takes the look-up's place; the producer loses its reader, so remove_dead_operators drops it.
    """
    for position, operator in enumerate(graph.operators):
        producer = private_producer(graph, operator) if isinstance(operator, LookUp) else None
        fused = rule(graph, producer, operator) if producer else None
        if fused:
            graph = with_operator(graph, position, fused)
    return graph


def with_operator(graph: Graph, position: int, operator: Operator) -> Graph:
    """Returns the graph with another operator at `position`."""
    operators = graph.operators
    return replace(graph, operators=(*operators[:position], operator, *operators[position + 1:]))


def private_producer(graph: Graph, operator: Operator) -> Operator | None:
    """Returns what computes the operator's first input, behind views, or None where anything else reads that on its way."""
    number = operator.inputs[0]
    while True:
        readers = [reader for reader in graph.operators if number in reader.inputs]
        producer = next((one for one in graph.operators if number in one.outputs), None)
        if producer is None or number in graph.outputs or len(readers) > 1:
            return None
        if not isinstance(producer, View):
            return producer
        number = producer.inputs[0]
