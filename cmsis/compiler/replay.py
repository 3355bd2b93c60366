"""Checks a memory plan by replaying it: every step writes its scratch and output, then must find its inputs intact.

Independent of the planner on purpose: it follows the owner of every byte, not lifetimes. A failure is a bug of ours.
"""

from cmsis.compiler.ir import Graph
from cmsis.compiler.planner import ALIGNMENT_BYTES, Place, Plan

_SCRATCH = -1


class ReplayError(Exception):
    """The plan would let a step lose what is still needed."""


def replay(graph: Graph, plan: Plan) -> None:
    """Raises ReplayError when a step would read bytes that are not what it expects, or a place leaves the arena."""
    for place in plan.places:
        _check_bounds(place, plan.arena_bytes)
    viewed = _follow_views(graph)
    caller = {viewed[number] for number in graph.inputs + graph.outputs}
    memory: list[int | None] = [None] * plan.arena_bytes
    for step, operator in enumerate(plan.steps):
        for place in plan.places:
            if place.tensor is None and place.first == step:
                memory[place.offset:place.offset + place.size_bytes] = [_SCRATCH] * place.size_bytes
        written = viewed[operator.outputs[0]]
        if written not in caller:
            start, end = _bounds(graph, plan, written)
            memory[start:end] = [written] * (end - start)
        for number in operator.inputs:
            source = viewed[number]
            if source in caller or graph.tensors[source].constant:
                continue
            start, end = _bounds(graph, plan, source)
            if any(owner != source for owner in memory[start:end]):
                raise ReplayError(f"{operator.layer}: {graph.tensors[source].name} is overwritten before step {step}"
                                  f" reads it; got another owner in bytes {start} to {end}, want its own")


def _check_bounds(place: Place, arena_bytes: int) -> None:
    if place.offset < 0 or place.offset % ALIGNMENT_BYTES or place.offset + place.size_bytes > arena_bytes:
        raise ReplayError(f"{place.name}: place is unaligned or leaves the arena; got offset {place.offset} and"
                          f" {place.size_bytes} bytes, want a multiple of {ALIGNMENT_BYTES} within {arena_bytes}")


def _follow_views(graph: Graph) -> list[int]:
    """Returns, for each tensor, the tensor whose bytes it shows."""
    viewed = list(range(len(graph.tensors)))
    for operator in graph.operators:
        if operator.aliases_input:
            viewed[operator.outputs[0]] = viewed[operator.inputs[0]]
    return viewed


def _bounds(graph: Graph, plan: Plan, number: int) -> tuple[int, int]:
    place = next((place for place in plan.places if place.tensor == number), None)
    if place is None or place.size_bytes < graph.tensors[number].size_bytes:
        raise ReplayError(f"{graph.tensors[number].name}: no place in the plan; got {place}, want"
                          f" {graph.tensors[number].size_bytes} bytes")
    return place.offset, place.offset + graph.tensors[number].size_bytes
