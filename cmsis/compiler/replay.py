"""Checks a memory plan by replaying it: every step writes its scratch and outputs, then must find all that it uses intact.

Independent of the planner on purpose: it follows the owner of every byte, not lifetimes. A failure is a bug of ours.
"""

from cmsis.compiler.ir import Graph
from cmsis.compiler.planner import ALIGNMENT_BYTES, Place, Plan


class ReplayError(Exception):
    """The plan would let a step lose what is still needed."""


def replay(graph: Graph, plan: Plan) -> None:
    """Raises ReplayError when a step would read bytes that are not what it expects, or a place leaves the arena."""
    for place in plan.places:
        _check_bounds(place, plan.arena_bytes)
    viewed = _follow_views(graph)
    caller = {viewed[number] for number in graph.inputs + graph.outputs}
    memory: list[str | int | None] = [None] * plan.arena_bytes
    states = [number for number, tensor in enumerate(graph.tensors) if tensor.state and _place(plan, number)]
    for number in states:
        _write(memory, *_bounds(graph, plan, number), number)
    for step, operator in enumerate(plan.steps):
        scratch = [place for place in plan.places if place.tensor is None and place.first == step]
        for place in scratch:
            _write(memory, place.offset, place.offset + place.size_bytes, place.name)
        outputs = [viewed[number] for number in operator.outputs if viewed[number] not in caller]
        for number in outputs:
            _write(memory, *_bounds(graph, plan, number), number)
        for place in scratch:
            _expect(memory, place.offset, place.offset + place.size_bytes, place.name, f"{place.name} of step {step}")
        inputs = [viewed[number] for number in operator.inputs]
        for number in outputs + [one for one in inputs if one not in caller and not graph.tensors[one].constant]:
            _expect(memory, *_bounds(graph, plan, number), number,
                    f"{operator.layer}: {graph.tensors[number].name} before step {step} uses it")
    for number in states:
        _expect(memory, *_bounds(graph, plan, number), number, f"{graph.tensors[number].name} before the next inference")


def _write(memory: list[str | int | None], start: int, end: int, owner: str | int) -> None:
    memory[start:end] = [owner] * (end - start)


def _expect(memory: list[str | int | None], start: int, end: int, owner: str | int, what: str) -> None:
    found = next((one for one in memory[start:end] if one != owner), owner)
    if found != owner:
        raise ReplayError(f"{what}: overwritten or never written; got {found} in bytes {start} to {end}, want {owner}")


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


def _place(plan: Plan, number: int) -> Place | None:
    return next((place for place in plan.places if place.tensor == number), None)


def _bounds(graph: Graph, plan: Plan, number: int) -> tuple[int, int]:
    place = _place(plan, number)
    if place is None or place.size_bytes < graph.tensors[number].size_bytes:
        raise ReplayError(f"{graph.tensors[number].name}: no place in the plan; got {place}, want"
                          f" {graph.tensors[number].size_bytes} bytes")
    return place.offset, place.offset + graph.tensors[number].size_bytes
