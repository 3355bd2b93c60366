"""Counts model cycles: Unicorn's hooks lead into ../native/timer.c, which asks here for what is new.

Purpose: cycles of the firmware as it runs. The library follows transitions that are known and adds up; one that is taken for the
first time is derived by transitions.py. Blocks with a late instruction (late_facts.py) are costed when the next block begins.
Between blocks it stops where an interrupt is due.
Non-goals: peripherals' wait states, bus contention.
"""

import ctypes
from collections.abc import Callable, Sequence

from unicorn import UC_HOOK_BLOCK, UC_HOOK_CODE, Uc, UcError
from unicorn.unicorn_py3.unicorn import uclib

from tools.sim.boards import Board
from tools.sim.library import add_hook, address_of
from tools.sim.timing import structures
from tools.sim.timing.art import FlashAccelerator
from tools.sim.timing.late_facts import Divide, Predicate, find_late_instructions
from tools.sim.timing.layout import Layout
from tools.sim.timing.pipeline import State, start_state
from tools.sim.timing.profiles import profile_named
from tools.sim.timing.transitions import Fork, Node, Transitions, edge

_NEVER = 2**63 - 1


class UnalignedMultiple(Exception):
    """An LDM, STM, LDRD or STRD at `pc` accesses an address that is no multiple of 4: a usage fault on the core."""

    def __init__(self, pc: int) -> None:
        super().__init__(f"{pc:#010x}")
        self.pc = pc


class BlockTimer:
    """Model cycles of `uc` on `board` with the memory profile of that name. Errors of hooks are raised at the next stop.

    `memories` are (address, bytes, where they are in this process).
    Attributes since reset: `cycles`, `instructions`, `assumed_accesses` (executions of blocks with an access whose address
    is not known at block entry, taken for aligned SRAM).
    """

    def __init__(self, uc: Uc, profile: str, board: Board, memories: Sequence[tuple[int, int, int]]) -> None:
        self._uc = uc
        self.profile = profile_named(profile)
        self._transitions = Transitions(lambda address, size: bytes(uc.mem_read(address, size)), board, self.profile)
        self._late_instructions: dict[int, Predicate | Divide] = {}
        self._late_addresses: frozenset[int] = frozenset()
        self._flash = FlashAccelerator(self.profile) if self.profile.art else None
        self._layout = Layout(self._flash, self._late_instructions)
        self._rests: dict[tuple[int, State], Node] = {}
        self._failure: BaseException | None = None
        self._observer: Callable[[Node, int, int], None] | None = None
        self._library = structures.library()
        self._state = self._make_state(memories)
        self.reset()
        add_hook(uc, UC_HOOK_BLOCK, self._library.timer_on_block, self._state)
        add_hook(uc, UC_HOOK_CODE, self._library.timer_on_instruction, self._state)

    @property
    def cycles(self) -> int:
        """Model cycles since reset; those of a late block that executes are not counted yet."""
        return self._state.cycles

    @property
    def instructions(self) -> int:
        """Instructions since reset."""
        return self._state.instructions

    @property
    def assumed_accesses(self) -> int:
        """See the class."""
        return self._state.assumed_accesses

    def observe(self, observer: Callable[[Node, int, int], None] | None) -> None:
        """Has `observer` called with (node, cycles waited for code in flash, for data in flash) for each block that is costed,
        in order; None ends it."""
        self._observer = observer
        self._state.is_observed = observer is not None

    def watch(self, code: bytes, address: int) -> None:
        """Announces code at `address`, for its late instructions."""
        self._late_instructions |= find_late_instructions(code, address)
        self._late_addresses = frozenset(self._late_instructions)

    def reset(self) -> None:
        """Back to cycle 0 with cold caches and an empty pipeline."""
        state = self._state
        state.cycles = state.instructions = state.assumed_accesses = 0
        state.look_at = _NEVER
        state.fork = state.hot_block = None
        self._rest(0)
        if self._flash is not None:
            self._flash.reset()

    def stop_after(self, instructions: int) -> None:
        """Stops the run when so many have executed."""
        self._state.instructions_left = instructions

    def stop_at(self, interrupt_at: float, is_due: Callable[[], tuple[bool, float]]) -> None:
        """Stops the run between blocks when `is_due` says so: asked from cycle `interrupt_at` on, it returns whether to stop,
        and the cycle to be asked again at."""
        self._state.look_at, self._is_due = min(interrupt_at, _NEVER), is_due

    def cycles_at(self, pc: int) -> int:
        """Cycles from reset to the instruction at `pc` in the block that executes."""
        if not self._state.fork:
            return self.cycles - self._node().remaining(pc)[0]
        fork = self._layout.object(self._state.fork.contents.id)
        node = self._resolved(fork, _address_count(fork) + self._state.late_count)
        return self.cycles + node.cycles - node.remaining(pc)[0]

    def stop_within(self, pc: int) -> None:
        """Takes back the instructions from `pc` on: the block was left before it, by a stop or a fault."""
        self._settle()
        cycles, instructions = self._node().remaining(pc)
        self._state.cycles -= cycles
        self._state.instructions -= instructions
        self._rest(pc)

    def stop_before(self, pc: int) -> None:
        """Ends a block that was executed whole, with the branch to `pc`."""
        self._settle()
        cycles, state, _ = edge(self._node(), pc)
        self._state.cycles += cycles
        self._rest(pc, state)

    def add(self, cycles: int) -> None:
        """Adds cycles that no instruction takes: exception entry and return."""
        self._state.cycles += cycles

    def _settle(self) -> None:
        """Costs the late block that has just executed; raises what hooks could not."""
        if self._failure is None:
            self._library.timer_settle(self._state)
        if self._state.unaligned_pc:
            self._failure, self._state.unaligned_pc = UnalignedMultiple(self._state.unaligned_pc), 0
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _node(self) -> Node:
        """The block that has executed last, or the rest since the last stop."""
        return self._layout.object(self._state.node.contents.id)

    def _rest(self, address: int, state: State | None = None) -> None:
        """The machine has stopped before `address`; without a `state` nothing is in flight."""
        state = state or start_state(address)
        node = self._rests.setdefault((address, state), Node(None, state, address))
        self._state.node = ctypes.pointer(self._layout.node(node))

    def _make_state(self, memories: Sequence[tuple[int, int, int]]) -> structures.Timer:
        state = structures.Timer(
            engine=self._uc._uch, link=structures.LINK(self._link), resolve=structures.RESOLVE(self._resolve),
            must_stop=structures.MUST_STOP(self._must_stop), observe=structures.OBSERVE(self._observe),
            reg_read_batch=address_of(uclib.uc_reg_read_batch), emu_stop=address_of(uclib.uc_emu_stop),
        )  # fmt: skip
        state.memories = structures.Memories(
            len(memories), (structures.Memory * len(memories))(*memories), structures.READ_WORD(self._read_word)
        )
        atoms = ctypes.addressof(state) + structures.Timer.atoms.offset
        state.register_values[:] = [atoms + 4 * index for index in range(structures.REGISTERS_MAX)]
        if self._flash is not None:
            state.art = ctypes.pointer(self._flash.state)
        return state

    # -- what the library asks for; an exception cannot pass through it -----------------------------------------------

    def _link(self, number: int, address: int, size_bytes: int) -> int | None:
        try:
            entry = self._transitions.link(self._layout.object(number), address, size_bytes, self._late_addresses)
            return ctypes.addressof(self._layout.successor(address, size_bytes, entry))
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            return None

    def _resolve(self, number: int, fact_count: int) -> int | None:
        try:
            return ctypes.addressof(self._layout.node(self._resolved(self._layout.object(number), fact_count)))
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            return None

    def _resolved(self, fork: Fork, fact_count: int) -> Node:
        """The node for the present facts."""
        facts, count = self._state.facts, _address_count(fork)
        return self._transitions.resolve(fork, tuple(facts[:count]), tuple(facts[count:fact_count]))

    def _must_stop(self) -> bool:
        try:
            stop, look_at = self._is_due()
            self._state.look_at = min(look_at, _NEVER)
            return stop
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            return True

    def _observe(self, number: int, code_cycles: int, data_cycles: int) -> None:
        try:
            self._observer(self._layout.object(number), code_cycles, data_cycles)
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            self._uc.emu_stop()

    def _read_word(self, address: int) -> int:
        try:
            return int.from_bytes(self._uc.mem_read(address, 4), "little")
        except UcError:
            return 0


def _address_count(fork: Fork) -> int:
    return len(fork.block.probe.addresses) if fork.block.probe else 0
