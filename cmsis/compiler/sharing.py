"""Decides which tensors share bytes: views, parts of a whole that are computed in place, results that replace an input.

Inputs: a verified Graph. Outputs: Blocks: tensors whose places are fixed relative to each other, and when which bytes are
in use. Where the blocks lie is planner.py's question.

Times are numbers of operators in graph.operators; an input is written at -1, an output read after the last operator.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from cmsis.compiler.ir import Alias, Graph, Operator
from tools.errors import UserError


@dataclass(frozen=True)
class Piece:
    """Bytes that operator `first` wrote as part of tensor `root` and that are read, as part of `tensor`, until `last`."""

    root: int
    tensor: int
    start: int
    size_bytes: int
    first: int
    last: int

    @property
    def end(self) -> int:
        """The byte behind the piece."""
        return self.start + self.size_bytes

    def moved(self, by: int) -> "Piece":
        """Returns the piece `by` bytes further on."""
        return Piece(self.root, self.tensor, self.start + by, self.size_bytes, self.first, self.last)


@dataclass(frozen=True)
class Block:
    """`starts` holds each tensor's first byte within the block; `buffer` is the caller's tensor at start 0, if any."""

    starts: dict[int, int]
    pieces: tuple[Piece, ...]
    buffer: int | None = None


@dataclass
class Sharing:
    """`aliases` are the operators'. `block_of` has every tensor that is computed (or an input, or a state) and used.

    `first` and `last` are the times of each tensor; `roots` tells for each which (root, start, size_bytes) it shows;
    `replaced` holds (tensor, root): as the tensor is read for the last time, the root may take its bytes.
    """

    graph: Graph
    aliases: tuple[tuple[Alias, ...], ...]
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    block_of: dict[int, Block] = field(default_factory=dict)
    roots: dict[int, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    replaced: set[tuple[int, int]] = field(default_factory=set)

    @property
    def blocks(self) -> list[Block]:
        """Each block once, in the order of their first tensors."""
        return list({id(block): block for block in self.block_of.values()}.values())

    def settled(self, alias: Alias) -> bool:
        """Returns whether the alias holds, so that nothing needs to be copied."""
        block = self.block_of.get(alias.part)
        return (block is not None and block is self.block_of.get(alias.whole)
                and block.starts[alias.part] == block.starts[alias.whole] + alias.offset)

    @property
    def running(self) -> list[int]:
        """The numbers of the operators that have anything to do."""
        return [index for index, aliases in enumerate(self.aliases)
                if not aliases or not all(self.settled(alias) for alias in aliases)]


class Strategy(Enum):
    """Which wish counts where two stand against each other."""

    MOVES_FIRST = auto()  # Views and parts in place save both bytes and copies.
    IN_ORDER = auto()  # The earlier operator's, whichever it is.
    MOVES_ONLY = auto()  # No operator writes where it reads: for kernels that do not say whether they bear it.


def share(graph: Graph, strategy: Strategy) -> Sharing:
    """Returns who shares bytes with whom; raises UserError for an output that no operator computes."""
    sharing = Sharing(graph, tuple(operator.aliases(graph) for operator in graph.operators))
    _note_times(sharing)
    for number in sorted(sharing.last):
        if graph.tensors[number].state or number in graph.inputs:
            _add_root(sharing, number)
    for index, operator in enumerate(graph.operators):
        _add_outputs(sharing, index, operator)
        if strategy is Strategy.IN_ORDER:
            _overwrite(sharing, index, operator)
    for index, operator in enumerate(graph.operators):
        if strategy is Strategy.MOVES_FIRST:
            _overwrite(sharing, index, operator)
    return sharing


def _add_outputs(sharing: Sharing, index: int, operator: Operator) -> None:
    aliases = sharing.aliases[index]
    for alias in aliases:
        if alias.part in operator.outputs:
            _add_view(sharing, alias)
    parts = [alias for alias in aliases if alias.whole in operator.outputs]
    for number in operator.outputs:
        if parts:
            _add_whole(sharing, index, number, parts)
        elif number not in sharing.block_of:
            _add_root(sharing, number)


def _note_times(sharing: Sharing) -> None:
    graph = sharing.graph
    for number in graph.inputs:
        if number in graph.outputs:
            raise UserError(f"model: nothing to compute for output {graph.tensors[number].name}; got an input, want an"
                            " operator's result. Fix: add a layer")
        sharing.first[number] = sharing.last[number] = -1
    for index, operator in enumerate(graph.operators):
        for number in operator.inputs:
            if not graph.tensors[number].constant:
                sharing.last[number] = index
        for number in operator.outputs:
            sharing.first[number] = sharing.last[number] = index
    for number in sharing.last:
        if number in graph.outputs or graph.tensors[number].state:
            sharing.last[number] = len(graph.operators)
            sharing.first.setdefault(number, -1)


def _add_root(sharing: Sharing, number: int) -> None:
    """Gives a tensor a block of its own."""
    size_bytes = sharing.graph.tensors[number].size_bytes
    sharing.roots[number] = ((number, 0, size_bytes),)
    caller = number in sharing.graph.inputs + sharing.graph.outputs
    sharing.block_of[number] = Block({number: 0}, tuple(_pieces(sharing, number)), number if caller else None)


def _pieces(sharing: Sharing, number: int, offset: int = 0, size_bytes: int | None = None) -> Iterable[Piece]:
    """Yields what tensor `number` shows in `size_bytes` from `offset` on (all, if not given), itself at start 0."""
    end = offset + (sharing.graph.tensors[number].size_bytes if size_bytes is None else size_bytes)
    for root, start, size in sharing.roots[number]:
        low, high = max(start, offset), min(start + size, end)
        if low < high:
            yield Piece(root, number, low, high - low, sharing.first[root], sharing.last[number])


def _add_view(sharing: Sharing, alias: Alias) -> None:
    """Puts an output into the bytes of the input that it shows, unless something stands against it."""
    graph = sharing.graph
    whole = sharing.block_of.get(alias.whole)
    if whole is None or graph.tensors[alias.whole].state:
        return
    size_bytes = graph.tensors[alias.part].size_bytes
    sharing.roots[alias.part] = tuple(
        (piece.root, piece.start - alias.offset, piece.size_bytes)
        for piece in _pieces(sharing, alias.whole, alias.offset, size_bytes))
    part = Block({alias.part: 0}, tuple(_pieces(sharing, alias.part)), _own_buffer(graph, alias.part))
    joined = _join(sharing, whole, part, whole.starts[alias.whole] + alias.offset)
    if joined is None:
        del sharing.roots[alias.part]


def _add_part(sharing: Sharing, alias: Alias, aliases: list[Alias]) -> None:
    """Moves an input, and all parts that come with it, into the output, unless something stands against it."""
    whole, part = sharing.block_of[alias.whole], sharing.block_of.get(alias.part)
    if part is None or part is whole or sharing.graph.tensors[alias.part].state:
        return
    shift = alias.offset - part.starts[alias.part]
    along = [other for other in aliases if other.part in part.starts and part.starts[other.part] + shift == other.offset]
    shown = tuple(replace(piece, tensor=alias.whole, last=sharing.last[alias.whole]).moved(part.starts[other.part])
                  for other in along for piece in _pieces(sharing, other.part))
    origin = whole.starts[alias.whole]
    freed = {origin + other.offset for other in along}
    kept = tuple(piece for piece in whole.pieces if piece.root != alias.whole or piece.start not in freed)
    _join(sharing, replace(whole, pieces=kept), replace(part, pieces=part.pieces + shown), origin + shift)


def _add_whole(sharing: Sharing, index: int, number: int, parts: list[Alias]) -> None:
    """Gives an output that is made of parts a block, and moves into it what parts it can."""
    graph, roots = sharing.graph, []
    # Until a part moves in, its bytes are written by this operator.
    pieces = tuple(Piece(number, number, alias.offset, graph.tensors[alias.part].size_bytes, index, sharing.last[number])
                   for alias in parts)
    sharing.block_of[number] = Block({number: 0}, pieces, _own_buffer(graph, number))
    for alias in parts:
        _add_part(sharing, alias, parts)
    for alias in parts:
        if sharing.settled(alias):
            roots.extend((root, start + alias.offset, size) for root, start, size in sharing.roots[alias.part])
        else:
            roots.append((number, alias.offset, graph.tensors[alias.part].size_bytes))
    sharing.roots[number] = tuple(roots)


def _overwrite(sharing: Sharing, index: int, operator: Operator) -> None:
    """Puts the first output into the place of an input that dies here and may be overwritten."""
    number = operator.outputs[0]
    for source in dict.fromkeys(one for position, one in enumerate(operator.inputs) if position in operator.overwrites):
        theirs, own = sharing.block_of.get(source), sharing.block_of[number]
        if theirs is None or theirs is own or sharing.last[source] != index or source in sharing.graph.inputs or (
                not may_overwrite(sharing.graph, operator, source)):
            continue
        sharing.replaced.add((source, number))
        if _join(sharing, theirs, own, theirs.starts[source] - own.starts[number]):
            return
        sharing.replaced.remove((source, number))


def may_overwrite(graph: Graph, operator: Operator, source: int) -> bool:
    """Returns whether the first output may take the place of tensor `source`, if nobody else wants that."""
    positions = {position for position, number in enumerate(operator.inputs) if number == source}
    return (positions <= set(operator.overwrites) and not graph.tensors[source].state and not graph.tensors[source].constant
            and graph.output_of(operator).size_bytes <= graph.tensors[source].size_bytes)


def _own_buffer(graph: Graph, number: int) -> int | None:
    return number if number in graph.outputs else None


def _join(sharing: Sharing, one: Block, other: Block, shift: int) -> Block | None:
    """Joins `other`, `shift` bytes further on, to `one`; returns None where bytes would be needed for two things."""
    if one.buffer is not None and other.buffer is not None:
        return None
    if other.buffer is not None or one.buffer is None and len(other.pieces) > len(one.pieces):
        one, other, shift = other, one, -shift
    moved = Block({number: start + shift for number, start in other.starts.items()},
                  tuple(piece.moved(shift) for piece in other.pieces))
    if not _fits_buffer(sharing.graph, one, moved):
        return None
    low, high = (min((piece.start for piece in moved.pieces), default=0), max((piece.end for piece in moved.pieces), default=0))
    near = [piece for piece in one.pieces if low < piece.end and piece.start < high]
    if any(_collide(sharing, piece, another) for piece in near for another in moved.pieces):
        return None
    joined = Block(one.starts | moved.starts, one.pieces + moved.pieces, one.buffer)
    _replace(sharing, joined)
    return joined


def _replace(sharing: Sharing, block: Block) -> None:
    sharing.block_of.update((number, block) for number in block.starts)


def _fits_buffer(graph: Graph, one: Block, moved: Block) -> bool:
    """Returns whether all alignments hold, and whether a caller's buffer is large enough and not written if an input."""
    aligned = all(start % graph.tensors[number].dtype.item_bytes == 0 for number, start in moved.starts.items())
    if one.buffer is None:
        return aligned
    caller = graph.tensors[one.buffer]
    return (aligned
            and all(graph.tensors[number].dtype.item_bytes <= caller.dtype.item_bytes for number in moved.starts)
            and all(0 <= start and start + graph.tensors[number].size_bytes <= caller.size_bytes
                    for number, start in moved.starts.items())
            and (one.buffer not in graph.inputs or all(piece.root == one.buffer for piece in moved.pieces)))


def _collide(sharing: Sharing, piece: Piece, other: Piece) -> bool:
    if piece.root == other.root or piece.end <= other.start or other.end <= piece.start:
        return False
    if piece.last < other.first or other.last < piece.first:
        return False
    early, late = (piece, other) if piece.first < other.first else (other, piece)
    return early.last != late.first or (early.tensor, late.root) not in sharing.replaced
