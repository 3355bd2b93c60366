"""The peripheral bus: memory-mapped accesses of the simulated cpu reach the peripherals' Python objects.

Purpose: map the 4 KiB pages of a board's devices into Unicorn, merge sub-word accesses, check clock enables, log writes.
The callbacks are registered directly with Unicorn's C functions: its Python wrappers cost two more calls per access.
Non-goals: bus timing; what an access means (tools/sim/peripherals).
"""

from collections.abc import Callable
from dataclasses import dataclass

from unicorn import Uc, UcError
from unicorn.unicorn_py3.unicorn import MMIO_READ_CFUNC, MMIO_WRITE_CFUNC, uclib

from tools.sim.boards import Board, Clock
from tools.sim.peripherals.register_file import RegisterFile

_PAGE_BYTES = 0x1000


@dataclass(frozen=True)
class RegisterWrite:
    """One write of the firmware to a peripheral register, `name` as in `RCC.CFGR`."""

    name: str
    address: int
    value: int


@dataclass(frozen=True)
class BusError:
    """An access that no register answers, or to a peripheral whose clock is off."""

    address: int
    is_write: bool
    fact: str


class Bus:
    """Connects `peripherals` of `board` to `uc`. `on_error` is called with the error and must stop the run."""

    def __init__(self, uc: Uc, board: Board, peripherals: dict[str, RegisterFile], on_error: Callable[[BusError], None]):
        self.log: list[tuple[RegisterFile, int, int]] = []
        self._uc = uc
        self._peripherals = peripherals
        self._on_error = on_error
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

    def _clock_is_on(self, name: str) -> bool:
        clock = self._clocks.get(name)
        return clock is None or bool(self._peripherals["RCC"].values[clock.register] >> clock.bit & 1)

    def _map(self, page: int, on_page: list[RegisterFile]) -> None:
        words: list[tuple[RegisterFile, int] | None] = [None] * (_PAGE_BYTES // 4)
        for peripheral in on_page:
            start = peripheral.base - page
            for offset in range(start, min(start + peripheral.size_bytes, _PAGE_BYTES), 4):
                if offset - start in peripheral.names:
                    words[offset // 4] = (peripheral, start)
        read, write = MMIO_READ_CFUNC(self._reader(page, words)), MMIO_WRITE_CFUNC(self._writer(page, words))
        self._callbacks += [read, write]
        status = uclib.uc_mmio_map(self._uc._uch, page, _PAGE_BYTES, read, 0, write, 0)
        if status:
            raise UcError(status)

    def _reader(self, page: int, words: list[tuple[RegisterFile, int] | None]):
        clock_is_on = self._clock_is_on
        gated = self._clocks

        def read(_handle, offset: int, size: int, _key) -> int:
            entry = words[offset >> 2]
            if entry is None:
                self._on_error(BusError(page + offset, False, "no such register"))
                return 0
            peripheral, start = entry
            if peripheral.name in gated and not clock_is_on(peripheral.name):
                self._on_error(BusError(page + offset, False, f"clock of {peripheral.name} is off"))
                return 0
            if size == 4:
                return peripheral.read(offset - start)
            word = peripheral.read((offset & ~3) - start)
            return word >> (offset & 3) * 8 & (1 << size * 8) - 1

        return read

    def _writer(self, page: int, words: list[tuple[RegisterFile, int] | None]):
        def write(_handle, offset: int, size: int, value: int, _key) -> None:
            entry = words[offset >> 2]
            if entry is None:
                self._on_error(BusError(page + offset, True, "no such register"))
                return
            peripheral, start = entry
            if not self._clock_is_on(peripheral.name):
                self._on_error(BusError(page + offset, True, f"clock of {peripheral.name} is off"))
                return
            register = (offset & ~3) - start
            if offset & 3:
                shift, mask = (offset & 3) * 8, (1 << size * 8) - 1
                value = peripheral.values[register] & ~(mask << shift) | (value & mask) << shift
            value &= 0xFFFFFFFF
            if register not in peripheral.unlogged:
                self.log.append((peripheral, register, value))
            peripheral.write(register, value)

        return write
