"""Places tensors and scratch in one arena.

Inputs: a verified Graph. Outputs: a Plan: byte offsets, with the first and last step in which each place is in use.
The network's inputs and outputs live in the caller's buffers; a state keeps its place from one inference to the next.
sharing.py decides which tensors share bytes, rectangle_packing.py where the blocks lie; replay.py checks every plan independently.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from cmsis.compiler.ir import Alias, Graph, Operator
from cmsis.compiler.rectangle_packing import Body, Rect, lower_bound, pack
from cmsis.compiler.sharing import Block, Sharing, Strategy, share

ALIGNMENT_BYTES = 4
_WORTH_A_COPY = 1.02  # So much larger an arena may be where another one costs more copies.
_MIN_ARENA_BYTES = 4  # An array of no bytes is no C.


@dataclass(frozen=True)
class Place:
    """`size_bytes` at `offset`, in use from step `first` to step `last`; `tensor` is None for scratch.

    `buffer` is the network's input or output whose buffer it lies in, None for the arena.
    """

    name: str
    tensor: int | None
    offset: int
    size_bytes: int
    first: int
    last: int
    buffer: int | None = None


@dataclass(frozen=True)
class Plan:
    """`steps` are the operators that run; step numbers index it."""

    steps: tuple[Operator, ...]
    arena_bytes: int
    places: tuple[Place, ...]

    def place_of(self, number: int) -> Place | None:
        """Returns where a tensor lies, None for a constant."""
        return next((place for place in self.places if place.tensor == number), None)

    def settled(self, alias: Alias) -> bool:
        """Returns whether the plan makes the alias true."""
        part, whole = self.place_of(alias.part), self.place_of(alias.whole)
        return (part is not None and whole is not None
                and (part.buffer, part.offset) == (whole.buffer, whole.offset + alias.offset))


def plan_memory(graph: Graph, in_place: bool = True) -> Plan:
    """Returns the plan; raises UserError for an output that no operator computes.

    Without `in_place`, no operator writes where it reads: for kernels that do not say whether they bear it.
    """
    strategies = (Strategy.MOVES_FIRST, Strategy.IN_ORDER) if in_place else (Strategy.MOVES_ONLY,)
    plans: list[Plan] = []
    for strategy in strategies:
        sharing = share(graph, strategy)
        bodies = [_body(block) for block in _arena_blocks(sharing)] + [body for _, _, body in _scratches(sharing)]
        if not plans or lower_bound(bodies, ALIGNMENT_BYTES) < plans[0].arena_bytes:
            plans.append(_plan(sharing, pack(bodies, ALIGNMENT_BYTES)))
    enough = _WORTH_A_COPY * min(plan.arena_bytes for plan in plans)
    return min(plans, key=lambda plan: (plan.arena_bytes > enough, len(plan.steps), plan.arena_bytes))


def _arena_blocks(sharing: Sharing) -> list[Block]:
    return [block for block in sharing.blocks if block.buffer is None]


def _scratches(sharing: Sharing) -> list[tuple[int, int, Body]]:
    """Returns step, bytes and body of each running operator's scratch."""
    graph, found = sharing.graph, []
    for step, index in enumerate(sharing.running):
        size_bytes = graph.operators[index].scratch_bytes(graph)
        if size_bytes:
            found.append((step, size_bytes, (Rect(0, size_bytes, index, index),)))
    return found


def _plan(sharing: Sharing, addresses: list[int]) -> Plan:
    """Returns the plan for the addresses of blocks in the arena, then of scratch."""
    graph, names, running = sharing.graph, _names(sharing.graph), sharing.running
    arena = _arena_blocks(sharing)
    placed = list(zip(arena, addresses)) + [(block, 0) for block in sharing.blocks if block.buffer is not None]
    places = [place for block, address in placed for place in _tensor_places(sharing, running, block, address, names)]
    places += [Place(f"{graph.operators[running[step]].layer} scratch", None, address, size_bytes, step, step)
               for (step, size_bytes, _), address in zip(_scratches(sharing), addresses[len(arena):], strict=True)]
    used = max([0] + [place.offset + place.size_bytes for place in places if place.buffer is None])
    return Plan(tuple(graph.operators[index] for index in running),
                max(_MIN_ARENA_BYTES, -(-used // ALIGNMENT_BYTES) * ALIGNMENT_BYTES),
                tuple(sorted(places, key=lambda place: (place.first, place.offset, place.last, place.name))))


def _body(block: Block) -> Body:
    """Returns the block's bytes in use; pieces of the same bytes that follow each other become one rectangle."""
    rects: list[Rect] = []
    for piece in sorted(block.pieces, key=lambda one: (one.start, -one.end, one.first, one.last)):
        before = rects[-1] if rects else None
        if before and (before.start, before.end) == (piece.start, piece.end) and piece.first <= before.last + 1:
            rects[-1] = Rect(piece.start, piece.end, before.first, max(before.last, piece.last))
        else:
            rects.append(Rect(piece.start, piece.end, piece.first, piece.last))
    return tuple(rects)


def _tensor_places(sharing: Sharing, running: list[int], block: Block, address: int, names: dict[int, str]) -> list[Place]:
    last_step, places = max(len(running) - 1, 0), []
    for number, start in block.starts.items():
        first = min(bisect_left(running, _born(sharing, number)), last_step)
        last = max(first, min(bisect_right(running, sharing.last[number]) - 1, last_step))
        places.append(Place(names[number], number, address + start, sharing.graph.tensors[number].size_bytes, first, last,
                            block.buffer))
    return places


def _names(graph: Graph) -> dict[int, str]:
    """Returns a place's name for each tensor: its layer's, or its own where no operator computes it."""
    return {number: tensor.name for number, tensor in enumerate(graph.tensors)} | {
        number: f"{operator.layer} output {position}" if position else operator.layer
        for operator in graph.operators for position, number in enumerate(operator.outputs)}


def _born(sharing: Sharing, number: int) -> int:
    """Returns when the first byte of a tensor is written."""
    return min(sharing.first[root] for root, _, _ in sharing.roots[number])
