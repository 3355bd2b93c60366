"""Where the cycles went: every block that the timer costs, split into instructions and what each of them waited for.

Purpose: `Recorder` is an observer of the timer (`Machine.observe`); it calls `sink` for each executed block, in order, once
the next block has begun, since only then the branch is known. Profiles and traces are folds over these calls.
Non-goals: naming functions or layers; adding up. A transition is split once and kept, as the timer does.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

from tools.sim.timing.op import Op
from tools.sim.timing.pipeline import Facts, issue
from tools.sim.timing.transitions import Node


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles by cause; their sum is what the model counts.

    execute: one per instruction, or per word of a multiple access. fetch: the fetch queue had no instruction.
    load_use: loads and stores waiting for data, address, write buffer or alignment. flash: wait states, of code and of data.
    branch: refilling the pipeline. other: further cycles of divides, floating point, system instructions.
    """

    execute: int = 0
    fetch: int = 0
    load_use: int = 0
    flash: int = 0
    branch: int = 0
    other: int = 0

    def __add__(self, more: "Cycles") -> "Cycles":
        return Cycles(*(a + b for a, b in zip(astuple(self), astuple(more))))

    @property
    def total(self) -> int:
        """All cycles."""
        return sum(astuple(self))


@dataclass(frozen=True, slots=True)
class Executed:
    """One executed instruction and its cycles, those of the flash left out."""

    op: Op
    cycles: Cycles


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One way through a block: its instructions, the address that followed, the sum of their cycles, and whether the address
    of an access was not known at block entry: the model took it for aligned SRAM."""

    address: int
    next_address: int
    executed: tuple[Executed, ...]
    cycles: Cycles
    is_assumed: bool = False


class Recorder:
    """Calls `sink(run, flash_cycles)` for each executed block; the last one waits for `finish`."""

    def __init__(self, sink: Callable[[Run, int], None]) -> None:
        self._sink = sink
        self._runs: dict[tuple[Node, int], Run] = {}
        self._pending: tuple[Node, int] | None = None

    def __call__(self, node: Node, code_cycles: int, data_cycles: int) -> None:
        self.finish(node.block.address)
        self._pending = node, code_cycles + data_cycles

    def finish(self, next_address: int) -> None:
        """Reports the block that has executed last, `next_address` being where the program went on."""
        if self._pending is not None:
            node, flash_cycles = self._pending
            self._pending = None
            key = node, next_address
            run = self._runs.get(key) or self._runs.setdefault(key, _make_run(node, next_address))
            self._sink(run, flash_cycles)


def _make_run(node: Node, next_address: int) -> Run:
    block, cost = node.block, node.cost
    ends = (*cost.starts[1:], cost.cycles)
    spans = zip(block.body, cost.starts, ends, cost.fetch_stalls)
    executed = [Executed(op, _split(op, end - start, stall, 0)) for op, start, end, stall in spans]
    if block.branch is not None:
        executed.append(_branch(node, block.branch, next_address))
    cycles = sum((e.cycles for e in executed), Cycles())
    return Run(block.address, next_address, tuple(executed), cycles, bool(block.unknown))


def _branch(node: Node, branch: Op, next_address: int) -> Executed:
    taken = next_address != node.resume_address
    cycles, stall, _ = issue(node.state, branch, Facts("sram", executed=taken or branch.condition is None))
    return Executed(branch, _split(branch, cycles, stall, branch.branch_cycles if taken else 0))


def _split(op: Op, cycles: int, fetch_cycles: int, branch_cycles: int) -> Cycles:
    """`cycles` include those of fetch, not those of the branch."""
    own = cycles - fetch_cycles
    execute = min(own, op.access.words if op.access else 1)
    waited = own - execute
    load_use, other = (waited, 0) if op.access else (0, waited)
    return Cycles(execute, fetch_cycles, load_use, branch=branch_cycles, other=other)
