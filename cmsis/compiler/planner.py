"""Places tensors and scratch in one arena.

Inputs: a verified Graph. Outputs: a Plan: byte offsets, with the first and last step in which each place is in use.
The network's inputs and outputs live in the caller's buffers; views share the place of what they view; a state keeps its
place from one inference to the next.
replay.py checks every plan independently.
"""

from dataclasses import dataclass

from cmsis.compiler.ir import Graph, Operator
from tools.errors import UserError

ALIGNMENT_BYTES = 4
_MIN_ARENA_BYTES = 4  # An array of no bytes is no C.


@dataclass(frozen=True)
class Place:
    """`size_bytes` at `offset` of the arena, in use from step `first` to step `last`; `tensor` is None for scratch."""

    name: str
    tensor: int | None
    offset: int
    size_bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    """`steps` are the operators that run; step numbers index it."""

    steps: tuple[Operator, ...]
    arena_bytes: int
    places: tuple[Place, ...]


def plan_memory(graph: Graph) -> Plan:
    """Returns the plan: the largest first, each at the lowest offset that is free for its whole life."""
    steps = tuple(operator for operator in graph.operators if not operator.aliases_input)
    placed: list[Place] = []
    wanted = _tensor_places(graph, steps) + _state_places(graph, steps) + _scratch_places(graph, steps)
    for place in sorted(wanted, key=lambda place: (-place.size_bytes, place.first, place.name)):
        placed.append(_at_lowest_offset(place, placed))
    arena_bytes = max([_MIN_ARENA_BYTES] + [place.offset + _aligned(place.size_bytes) for place in placed])
    return Plan(steps, arena_bytes, tuple(sorted(placed, key=lambda place: (place.first, place.offset))))


def owner(graph: Graph, number: int) -> int:
    """Returns the tensor whose bytes tensor `number` is a view of (itself, when it is none)."""
    producer = next((operator for operator in graph.operators if number in operator.outputs), None)
    return owner(graph, producer.inputs[0]) if producer and producer.aliases_input else number


def _tensor_places(graph: Graph, steps: tuple[Operator, ...]) -> list[Place]:
    callers = _callers(graph)
    places = []
    for first, operator in enumerate(steps):
        for index, number in enumerate(operator.outputs):
            if number in callers:
                continue
            last = max([first] + [step for step, reader in enumerate(steps)
                                  if any(owner(graph, source) == number for source in reader.inputs)])
            name = f"{operator.layer} output {index}" if index else operator.layer
            places.append(Place(name, number, 0, graph.tensors[number].size_bytes, first, last))
    return places


def _callers(graph: Graph) -> set[int]:
    """Returns the tensors in the caller's buffers; raises UserError for an output without bytes of its own."""
    taken = set(graph.inputs)
    for number in graph.outputs:
        shown = owner(graph, number)
        if shown in taken or graph.tensors[shown].constant or graph.tensors[shown].state:
            raise UserError(f"model: nothing to compute for output {graph.tensors[number].name}; got a view of"
                            f" {graph.tensors[shown].name}, want an operator's result. Fix: add a layer")
        taken.add(shown)
    return taken


def _state_places(graph: Graph, steps: tuple[Operator, ...]) -> list[Place]:
    used = {owner(graph, number) for operator in steps for number in operator.inputs}
    return [Place(graph.tensors[number].name, number, 0, graph.tensors[number].size_bytes, 0, len(steps) - 1)
            for number in sorted(used) if graph.tensors[number].state]


def _scratch_places(graph: Graph, steps: tuple[Operator, ...]) -> list[Place]:
    sizes = [(step, operator, operator.scratch_bytes(graph)) for step, operator in enumerate(steps)]
    return [Place(f"{operator.layer} scratch", None, 0, size, step, step) for step, operator, size in sizes if size]


def _at_lowest_offset(place: Place, placed: list[Place]) -> Place:
    offset = 0
    alive = [other for other in placed if other.first <= place.last and place.first <= other.last]
    for other in sorted(alive, key=lambda other: other.offset):
        if offset + place.size_bytes <= other.offset:
            break
        offset = max(offset, _aligned(other.offset + other.size_bytes))
    return Place(place.name, place.tensor, offset, place.size_bytes, place.first, place.last)


def _aligned(size_bytes: int) -> int:
    return -(-size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
