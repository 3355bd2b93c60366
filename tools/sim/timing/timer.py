"""Counts model cycles: a block hook in Unicorn drives the automaton of transitions.py.

Purpose: cycles of the firmware as it runs. A transition that needs no facts is one dictionary look-up; blocks with accesses
through pointers read the registers at entry; blocks with a late instruction (late_facts.py) are costed when the next
block begins. Between blocks it stops where an interrupt is due.
Non-goals: peripherals' wait states, bus contention.
"""

import ctypes
import math
from collections.abc import Callable, Sequence

from unicorn import UC_HOOK_BLOCK, UC_HOOK_CODE, Uc, UcError
from unicorn import arm_const as arm
from unicorn.unicorn_py3.unicorn import HOOK_CODE_CFUNC, uclib

from tools.sim.boards import Board
from tools.sim.timing.addresses import Probe
from tools.sim.timing.art import FlashAccelerator
from tools.sim.timing.late_facts import Divide, Predicate, find_late_instructions
from tools.sim.timing.profiles import profile_named
from tools.sim.timing.transitions import Fork, Node, Transitions, edge, rest_at

_ENTRY_REGISTERS = (*(arm.UC_ARM_REG_R0 + i for i in range(13)), arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_XPSR)


class UnalignedMultiple(Exception):
    """An LDM, STM, LDRD or STRD at `pc` accesses an address that is no multiple of 4: a usage fault on the core."""

    def __init__(self, pc: int) -> None:
        super().__init__(f"{pc:#010x}")
        self.pc = pc


class BlockTimer:
    """Model cycles of `uc` on `board` with the memory profile of that name.

    Attributes since reset: `cycles`, `instructions`, `assumed_accesses` (executions of blocks with an access whose address
    is not known at block entry, taken for aligned SRAM). `observer`, if set, is called with (node, cycles waited for code
    in flash, for data in flash) for each block that was costed, in order.
    """

    def __init__(self, uc: Uc, profile: str, board: Board, read_word: Callable[[int], int]) -> None:
        self._uc = uc
        self.profile = profile_named(profile)
        self._transitions = Transitions(lambda address, size: bytes(uc.mem_read(address, size)), board, self.profile)
        self._late_instructions: dict[int, Predicate | Divide] = {}
        self._late_addresses: frozenset[int] = frozenset()
        self._registers = self._reader(range(len(_ENTRY_REGISTERS)))
        self._word = read_word
        self._probes: dict[Probe, Callable[[], tuple[int, ...]]] = {}
        self._callbacks: list[object] = []
        self._failure: BaseException | None = None
        self.observer: Callable[[Node, int, int], None] | None = None
        self.reset()
        self._add_hook(UC_HOOK_BLOCK, self._on_block, 1, 0)

    def watch(self, code: bytes, address: int) -> None:
        """Announces code at `address`: places the hooks at its late instructions."""
        for late_address, late in find_late_instructions(code, address).items():
            if late_address not in self._late_instructions:
                self._late_instructions[late_address] = late
                self._add_hook(UC_HOOK_CODE, self._on_late, late_address, late_address)
        self._late_addresses = frozenset(self._late_instructions)

    def reset(self) -> None:
        """Back to cycle 0 with cold caches and an empty pipeline."""
        self.cycles = self.instructions = self.assumed_accesses = 0
        self._flash = FlashAccelerator(self.profile) if self.profile.art else None
        self._hot_block = None
        self._node = rest_at(0)
        self._fork: Fork | None = None
        self._probed: tuple[int, ...] = ()
        self._addresses: tuple[int, ...] = ()
        self._late: list[int] = []
        self._look_at = math.inf

    def stop_at(self, interrupt_at: float, is_due: Callable[[], tuple[bool, float]]) -> None:
        """Stops the run between blocks when `is_due` says so: asked from cycle `interrupt_at` on, it returns whether to stop,
        and the cycle to be asked again at."""
        self._look_at, self._is_due = interrupt_at, is_due

    def _must_stop(self) -> bool:
        stop, self._look_at = self._is_due()
        return stop

    def cycles_at(self, pc: int) -> int:
        """Cycles from reset to the instruction at `pc` in the block that executes."""
        if self._fork is None:
            return self.cycles - self._node.remaining(pc)[0]
        node = self._transitions.resolve(self._fork, self._probed, tuple(self._late))
        return self.cycles + node.cycles - node.remaining(pc)[0]

    def stop_within(self, pc: int) -> None:
        """Takes back the instructions from `pc` on: the block was left before it, by a stop or a fault."""
        self._settle()
        cycles, instructions = self._node.remaining(pc)
        self.cycles -= cycles
        self.instructions -= instructions
        self._node = rest_at(pc)

    def stop_before(self, pc: int) -> None:
        """Ends a block that was executed whole, with the branch to `pc`."""
        self._settle()
        cycles, state, _ = edge(self._node, pc)
        self.cycles += cycles
        self._node = rest_at(pc, state)

    def add(self, cycles: int) -> None:
        """Adds cycles that no instruction takes: exception entry and return."""
        self.cycles += cycles

    def raise_failure(self) -> None:
        """Raises what a hook could not."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _add_hook(self, kind: int, function, begin: int, end: int) -> None:
        """Registers a raw callback: Unicorn's Python wrapper costs two more calls each time."""
        callback, handle = HOOK_CODE_CFUNC(function), ctypes.c_size_t()
        self._callbacks.append(callback)
        status = uclib.uc_hook_add(
            self._uc._uch, ctypes.byref(handle), kind, ctypes.cast(callback, ctypes.c_void_p), None,
            ctypes.c_uint64(begin), ctypes.c_uint64(end),
        )  # fmt: skip
        if status:
            raise UcError(status)

    def _on_block(self, _handle, address: int, size: int, _key) -> None:
        if self.cycles >= self._look_at and self._must_stop():
            self._uc.emu_stop()
            return
        entry = self._node.next.get(address | size << 32)
        if self.observer is None and self._fork is None:
            node = entry
            if entry.__class__ is Fork and entry.probe is not None:
                node = entry.nodes.get(entry.probe())
            if node.__class__ is Node:
                self._node = node
                self.cycles += node.cycles
                self.instructions += node.instructions
                if self._flash is not None:
                    if node.block is not self._hot_block:
                        self._hot_block = node.block
                        self.cycles += self._flash.code_cycles(node.code_lines)
                    if node.flash_reads:
                        self.cycles += self._flash.data_cycles(self._read_addresses(node))
                return
        try:
            self._enter(entry, address, size)
        except BaseException as error:  # noqa: BLE001 - Unicorn's C code cannot pass it on; raise_failure does
            self._failure = error
            self._uc.emu_stop()

    def _enter(self, entry: Node | Fork | None, address: int, size: int) -> None:
        if self._fork is not None:
            self._settle()
            entry = self._node.next.get(address | size << 32)
        if entry is None:
            entry = self._transitions.link(self._node, address, size, self._late_addresses)
        if entry.__class__ is Fork:
            block = entry.block
            if block.probe:
                probe = self._bound(block.probe)
                self._probed = probe()
                if not block.late and not block.unknown:
                    entry.probe = probe
            else:
                self._probed = ()
            if block.late:
                if self._flash is not None and block.locate:
                    self._addresses = self._bound(block.locate)()
                self._fork, self._late = entry, []
                self._node = rest_at(address)
                return
            entry = self._transitions.resolve(entry, self._probed, ())
        if entry.flash_reads and any(index is not None for index, _ in entry.flash_reads):
            entry.locate = self._bound(entry.block.locate)
            self._addresses = entry.locate()
        if entry.unaligned_multiple is not None:
            raise UnalignedMultiple(entry.unaligned_multiple)
        self._account(entry)

    def _settle(self) -> None:
        """Costs the late block that has just executed."""
        if self._fork is not None:
            fork, self._fork = self._fork, None
            self._account(self._transitions.resolve(fork, self._probed, tuple(self._late)))

    def _account(self, node: Node) -> None:
        self._node = node
        self.cycles += node.cycles
        self.instructions += node.instructions
        if node.block.unknown:
            self.assumed_accesses += 1
        code_cycles = data_cycles = 0
        if self._flash is not None:
            if node.block is not self._hot_block:
                self._hot_block = node.block
                code_cycles = self._flash.code_cycles(node.code_lines)
            if node.flash_reads:
                addresses = self._addresses
                reads = [start if index is None else addresses[index] + start for index, start in node.flash_reads]
                data_cycles = self._flash.data_cycles(reads)
            self.cycles += code_cycles + data_cycles
        if self.observer is not None:
            self.observer(node, code_cycles, data_cycles)

    @staticmethod
    def _read_addresses(node: Node) -> list[int]:
        """Addresses in flash that the block is about to read."""
        addresses = node.locate() if node.locate else ()
        return [start if index is None else addresses[index] + start for index, start in node.flash_reads]

    def _reader(self, registers: Sequence[int]) -> Callable[[], Sequence[int]]:
        """A function that reads these registers, by index in `_ENTRY_REGISTERS`."""
        count = len(registers)
        values = (ctypes.c_uint32 * count)()
        numbers = (ctypes.c_int * count)(*(_ENTRY_REGISTERS[register] for register in registers))
        pointers = (ctypes.c_void_p * count)(*(ctypes.addressof(values) + 4 * i for i in range(count)))
        read, handle = uclib.uc_reg_read_batch, self._uc._uch

        def registers_now() -> Sequence[int]:
            read(handle, numbers, pointers, count)
            return values

        return registers_now

    def _bound(self, probe: Probe) -> Callable[[], tuple[int, ...]]:
        """`probe` as a function of the machine's present state."""
        if probe not in self._probes:
            read, function, word = self._reader(probe.registers), probe.function, self._word
            self._probes[probe] = lambda: function(read(), word)
        return self._probes[probe]

    def _on_late(self, _handle, address: int, _size: int, _key) -> None:
        try:
            self._late.append(self._late_instructions[address].fact(self._registers()))
        except BaseException as error:  # noqa: BLE001 - as in _on_block
            self._failure = error
            self._uc.emu_stop()
