"""The peripheral bus: memory-mapped accesses of the simulated cpu reach the peripherals' Python objects.

Purpose: map the 4 KiB pages of a board's devices into Unicorn, merge sub-word accesses, check clock enables, log writes.
The pages are protected, and the work is done in the hook for that: there Unicorn has the core's state in order, pc included, and
the access can still be given up. native/device.c completes it. Hooks are registered directly with Unicorn's C functions: its
Python wrappers cost two more calls per access.
Non-goals: bus timing; what an access means (tools/sim/peripherals).
"""

import ctypes
from collections.abc import Callable
from ctypes import Structure, c_int, c_uint64, c_void_p
from dataclasses import dataclass

from unicorn import UC_HOOK_MEM_READ_PROT, UC_HOOK_MEM_WRITE_PROT, UC_MEM_WRITE_PROT, UC_PROT_NONE, Uc, UcError
from unicorn import arm_const as arm
from unicorn.unicorn_py3.unicorn import HOOK_MEM_INVALID_CFUNC, uclib

from tools.sim.boards import Board, Clock
from tools.sim.events import BusError, Events
from tools.sim.library import add_hook, address_of, load
from tools.sim.peripherals.register_file import RegisterFile

_PAGE_BYTES = 0x1000


@dataclass(frozen=True)
class RegisterWrite:
    """One write of the firmware to a peripheral register, `name` as in `RCC.CFGR`."""

    name: str
    address: int
    value: int


@dataclass(frozen=True, slots=True)
class _Word:
    """A register on a page: whose, at which offset there, and the bit of RCC without which there is no access; 0 for none."""

    peripheral: RegisterFile
    register: int
    clock_register: int
    clock_bit: int


class _Device(Structure):
    _fields_ = [
        ("value", c_uint64), ("offset", c_uint64), ("reg_read", c_void_p), ("reg_write", c_void_p), ("xpsr", c_int),
    ]  # fmt: skip


class Bus:
    """Connects `peripherals` of `board` to `uc`. An access that ends the run says so to `events`, and does not complete."""

    def __init__(self, uc: Uc, board: Board, peripherals: dict[str, RegisterFile], events: Events) -> None:
        self.log: list[tuple[RegisterFile, int, int]] = []
        self._uc = uc
        self._peripherals = peripherals
        self._events = events
        self._device = _Device(
            reg_read=address_of(uclib.uc_reg_read), reg_write=address_of(uclib.uc_reg_write), xpsr=arm.UC_ARM_REG_XPSR
        )
        self._clocks: dict[str, Clock] = {d.name: d.clock for d in board.devices if d.clock}
        self._callbacks: list[object] = []
        devices = board.devices + board.core_devices
        for page in sorted({device.base & ~(_PAGE_BYTES - 1) for device in devices}):
            on_page = [peripherals[d.name] for d in devices if d.base & ~(_PAGE_BYTES - 1) == page]
            self._map(page, on_page)

    @property
    def register_writes(self) -> list[RegisterWrite]:
        """All writes since reset, in order, but for data registers."""
        return [
            RegisterWrite(f"{p.name}.{p.names.get(offset, hex(offset))}", p.base + offset, value)
            for p, offset, value in self.log
        ]

    def _map(self, page: int, on_page: list[RegisterFile]) -> None:
        words: list[_Word | None] = [None] * (_PAGE_BYTES // 4)
        for peripheral in on_page:
            start, clock = peripheral.base - page, self._clocks.get(peripheral.name)
            gate = (clock.register, 1 << clock.bit) if clock else (0, 0)
            for offset in range(start, min(start + peripheral.size_bytes, _PAGE_BYTES), 4):
                if offset - start in peripheral.names:
                    words[offset // 4] = _Word(peripheral, offset - start, *gate)
        library, engine, device = load(), self._uc._uch, ctypes.byref(self._device)
        read, write = address_of(library.device_read), address_of(library.device_write)
        status = uclib.uc_mmio_map(engine, page, _PAGE_BYTES, read, device, write, device)
        if status:
            raise UcError(status)
        self._uc.mem_protect(page, _PAGE_BYTES, UC_PROT_NONE)
        hook = HOOK_MEM_INVALID_CFUNC(self._hook(page, words))
        self._callbacks.append(hook)
        add_hook(self._uc, UC_HOOK_MEM_READ_PROT | UC_HOOK_MEM_WRITE_PROT, hook, None, page, page + _PAGE_BYTES - 1)

    def _hook(self, page: int, words: list[_Word | None]) -> Callable[..., bool]:
        events, device, rcc, mmio_write = self._events, self._device, self._peripherals.get("RCC"), UC_MEM_WRITE_PROT

        def access(_handle, kind: int, address: int, size_bytes: int, value: int, _key) -> bool:
            events.access_completes = True
            offset = address - page
            word, shift = words[offset >> 2], (offset & 3) * 8
            if word is None:
                events.on_bus_error(BusError(address, kind == mmio_write, "no such register"))
            elif word.clock_bit and not rcc.values[word.clock_register] & word.clock_bit:
                events.on_bus_error(BusError(address, kind == mmio_write, f"clock of {word.peripheral.name} is off"))
            elif shift + size_bytes * 8 > 32:
                events.on_bus_error(BusError(address, kind == mmio_write, "not within a word"))
            elif kind == mmio_write:
                self._write(word, shift, size_bytes, value)
            else:
                device.value, device.offset = word.peripheral.read(word.register) >> shift, offset
            return events.access_completes

        return access

    def _write(self, word: _Word, shift: int, size_bytes: int, value: int) -> None:
        peripheral, register, mask = word.peripheral, word.register, (1 << size_bytes * 8) - 1
        value &= mask
        if shift:
            value = peripheral.values[register] & ~(mask << shift) | value << shift
        if register not in peripheral.unlogged:
            self.log.append((peripheral, register, value))
        peripheral.write(register, value)
