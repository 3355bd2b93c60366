"""Transitions of the timing automaton: from one block's end, into the next, costed once and kept.

Purpose: `Transitions` maps (what was before, next block) to a `Node` with its cycles, or to a `Fork` when registers have to
be looked at first. Inputs: code by address, the memories, the profile. Non-goals: counting (timer.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tools.sim.boards import Board
from tools.sim.timing.art import CodeLine, code_lines
from tools.sim.timing.block import Block, Cost, cost_block, make_block
from tools.sim.timing.op import Kind
from tools.sim.timing.pipeline import Facts, State, issue, start_state
from tools.sim.timing.profiles import Profile

# Assumption: cycles that 8 bytes of code in front of a block take when it is entered by falling through.
_FALL_THROUGH_CYCLES = 2

# A data read from flash: the index of a probed address or None, and the offset from it or the address itself.
FlashRead = tuple[int | None, int]


@dataclass(slots=True, eq=False)
class Node:
    """A block entered with all facts known. `cycles` are those to add: the branch into it and its body.

    `probed` and `late` are the facts. `unaligned_multiple` is the address of an LDM, STM, LDRD or STRD that the core would fault
    on; Unicorn does not. A node without a block is a rest: the machine stopped in `state` before `resume_address`.
    """

    block: Block | None
    state: State
    resume_address: int
    cycles: int = 0
    instructions: int = 0
    cost: Cost | None = None
    probed: tuple[int, ...] = ()
    late: tuple[int, ...] = ()
    unaligned_multiple: int | None = None
    code_lines: tuple[CodeLine, ...] = ()
    flash_reads: tuple[FlashRead, ...] = ()

    def remaining(self, pc: int) -> tuple[int, int]:
        """Cycles and instructions of the block from the one at `pc` to the end; 0 where it has none at `pc`."""
        if self.block is None:
            return 0, 0
        for index, op in enumerate(self.block.body):
            if op.address == pc:
                return self.cost.cycles - self.cost.starts[index], self.block.instructions - index
        return 0, int(self.block.branch is not None and self.block.branch.address == pc)


@dataclass(slots=True, eq=False)
class Fork:
    """A block entered from a known state whose facts are not known yet. `nodes` by (probed, late)."""

    block: Block
    state: State
    edge_cycles: int
    sequential: bool
    nodes: dict[tuple[tuple[int, ...], tuple[int, ...]], Node] = field(default_factory=dict)


class Transitions:
    """The automaton of one image and profile. `read_code(address, size_bytes)` gives instruction bytes."""

    def __init__(self, read_code: Callable[[int, int], bytes], board: Board, profile: Profile) -> None:
        self._read_code = read_code
        self._art = profile.art
        self._blocks: dict[int, Block] = {}
        self._forks: dict[tuple, Fork] = {}
        self._regions = {
            base >> 24: "flash" if memory is board.flash else "sram"
            for memory in board.memories
            for base in (memory.base, memory.alias)
            if base is not None
        }

    def link(self, node: Node, address: int, size_bytes: int, late_addresses: frozenset[int]) -> Node | Fork:
        """The transition from `node` to the block at `address`."""
        key = address | size_bytes << 32
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = make_block(self._read_code(address, size_bytes), address, late_addresses)
        cycles, state, sequential = edge(node, address)
        fork = self._forks.setdefault((state, key, cycles, sequential), Fork(block, state, cycles, sequential))
        if not block.probe and not block.late:
            return self.resolve(fork, (), ())
        if block is node.block and block.repeats and not block.unknown:
            return self.resolve(fork, node.probed, ())
        return fork

    def resolve(self, fork: Fork, probed: tuple[int, ...], late: tuple[int, ...]) -> Node:
        """The node of `fork` for the masked addresses of its probe and what its late instructions reported."""
        node = fork.nodes.get((probed, late))
        if node is None:
            node = fork.nodes[probed, late] = self._make_node(fork, probed, late)
        return node

    def _make_node(self, fork: Fork, probed: tuple[int, ...], late: tuple[int, ...]) -> Node:
        block = fork.block
        cost = cost_block(block, fork.state, probed, late, self._region)
        cycles, fault = fork.edge_cycles + cost.cycles, _unaligned_multiple(block, probed)
        node = Node(block, cost.state, block.end, cycles, block.instructions, cost, probed, late, fault)
        if self._art is not None:
            node.code_lines = code_lines(_code_reads(block, cost, fork.sequential, self._art.read_bytes), self._art)
            node.flash_reads = tuple(self._flash_reads(block, probed))
        return node

    def _region(self, address: int) -> str:
        return self._regions.get(address >> 24, "device")

    def _flash_reads(self, block: Block, probed: tuple[int, ...]) -> Iterator[FlashRead]:
        for op in block.body:
            if op.address in block.probed:
                index, start = block.probed[op.address], 0
                is_flash = self._region(probed[index]) == "flash"
            else:
                index, start = None, block.fixed.get(op.address)
                is_flash = start is not None and self._region(start) == "flash"
            if is_flash:
                size_bytes = op.access.words * op.access.width_bytes
                yield from ((index, start + offset) for offset in range(0, size_bytes, self._art.read_bytes))


def _unaligned_multiple(block: Block, probed: tuple[int, ...]) -> int | None:
    """The first access of several words at an address that is no multiple of 4 (ARMv7-M ARM, A3.2.1)."""
    for op in block.body:
        if op.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE) and op.address in block.probed:
            if probed[block.probed[op.address]] & 3:
                return op.address
    return None


def edge(node: Node, address: int) -> tuple[int, State, bool]:
    """From `node` to the block at `address`: cycles of the branch, state there, and whether it is the next code in memory."""
    block, state = node.block, node.state
    taken = address != node.resume_address
    if block is None or block.branch is None:
        return 0, start_state(address) if taken else state, not taken
    branch = block.branch
    executed = taken or branch.condition is None
    cycles, _, after = issue(state, branch, Facts("sram", executed=executed))
    return (cycles + branch.branch_cycles, start_state(address), False) if taken else (cycles, after, True)


def _code_reads(block: Block, cost: Cost, sequential: bool, read_bytes: int) -> Iterator[tuple[int, int | None]]:
    """The reads of the block's code, each with the cycles that the code before it hides."""
    starts = [(op.address, start) for op, start in zip(block.body, cost.starts)] + [(block.end, cost.cycles)]
    last_start = None
    for read in range(block.address & -read_bytes, block.end, read_bytes):
        start = next(cycles for address, cycles in starts if address >= read)
        first = _FALL_THROUGH_CYCLES if sequential else None
        yield read, first if last_start is None else start - last_start
        last_start = start
