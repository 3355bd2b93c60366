"""The Cortex-M4's execution as an automaton: (state, instruction, facts) -> (cycles, next state).

Rules, each with its source (TRM = Cortex-M4 TRM DDI0439 section 3.3; M = measurement, TIMING.md):
- A single load directly behind a single load is one cycle cheaper (TRM 3.3.2), if its address does not need the loaded
  value and both are in memories of one bus: flash and SRAM do not pipeline with each other (M).
- STR with an immediate offset is 1 through the write buffer; with a register offset 2, but 1 behind a load (TRM 3.3.2).
- A load directly behind a store waits 1 for the write buffer (M).
- An address that needs the result of the data-processing instruction directly before it waits 1 (TRM 3.3.2).
- LDM, STM, PUSH, POP, LDRD, STRD: 1 + words, pipelining with nothing (TRM 3.3.2).
- A floating-point result used by the next floating-point instruction or by VMOV or VSTR waits 1 (TRM 7.2.3).
- An unaligned access costs 1 or 2 more (TRM 3.3.2). An instruction whose condition fails costs 1, IT costs 0 (M).
"""

from dataclasses import dataclass, replace

from tools.sim.timing.fetch_queue import FetchQueue, FetchState
from tools.sim.timing.op import Kind, Op

FAILED_CONDITION_CYCLES = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the registers decide: region name and penalty of the access, whether the condition held, a divide's cycles."""

    region: str = ""
    unaligned_cycles: int = 0
    executed: bool = True
    divide_cycles: int = 2


@dataclass(frozen=True, slots=True)
class State:
    """What the next instruction's cost depends on."""

    fetch: FetchState
    previous: Kind | None = None
    region: str = ""
    loaded: frozenset[int] = frozenset()
    computed: frozenset[int] = frozenset()
    computed_float: frozenset[int] = frozenset()


def start_state(address: int) -> State:
    """State after a branch to `address`: nothing in flight, the fetch queue restarted."""
    queue = FetchQueue()
    queue.restart(address)
    return State(queue.state)


def issue(state: State, op: Op, facts: Facts) -> tuple[int, int, State]:
    """Cycles of `op` and how many of them it waited for fetch, and the state after it."""
    queue = FetchQueue(state.fetch)
    fetch_stall = queue.take(op.size_bytes)
    waited = replace(state, previous=None, computed=frozenset(), computed_float=frozenset()) if fetch_stall else state
    cycles = _execution_cycles(waited, op, facts)
    queue.advance(cycles)
    return fetch_stall + cycles, fetch_stall, _after(waited, op, facts, queue.state)


def _execution_cycles(state: State, op: Op, facts: Facts) -> int:
    if not facts.executed:
        return FAILED_CONDITION_CYCLES
    if op.kind is Kind.DIVIDE:
        return facts.divide_cycles
    if op.access is None:
        waits = op.kind is Kind.FLOAT and bool(op.reads & state.computed_float)
        return op.cycles + waits
    cycles = op.cycles + facts.unaligned_cycles + bool(op.address_registers & state.computed)
    if op.kind is Kind.LOAD:
        cycles -= _is_pipelined(state, op, facts)
        cycles += state.previous is Kind.STORE
    elif op.kind is Kind.STORE:
        cycles += bool(op.reads & state.computed_float)
        cycles -= op.access.index is not None and _is_pipelined(state, op, facts)
    return cycles


def _is_pipelined(state: State, op: Op, facts: Facts) -> bool:
    """Whether the address phase of `op` overlaps the data phase of a load before it."""
    return state.previous is Kind.LOAD and state.region == facts.region and not op.address_registers & state.loaded


def _after(state: State, op: Op, facts: Facts, fetch: FetchState) -> State:
    if op.kind is Kind.IT:
        return replace(state, fetch=fetch)
    if not facts.executed:
        return State(fetch)
    if op.access is not None:
        updated = {op.access.base} if op.access.writeback else set()
        loaded = op.writes - updated if op.kind is Kind.LOAD else frozenset()
        return State(fetch, op.kind, facts.region, loaded)
    if op.kind is Kind.FLOAT:
        return State(fetch, op.kind, computed_float=op.writes)
    return State(fetch, op.kind, computed=op.writes if op.kind in (Kind.DATA, Kind.DIVIDE) else frozenset())
