"""Calls single C functions on a Cortex-M4 (Unicorn), for kernel tests. Whole images run in tools/sim instead.

Inputs: an ELF with functions to call. Buffers come from three regions: one ends at a page boundary and one starts at one,
so that a read or write past the end (or before the start) faults instead of passing unnoticed.
"""

import struct
from pathlib import Path

import numpy as np
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const

_FLASH, _FLASH_BYTES = 0x08000000, 1 << 20
_STACK, _STACK_BYTES = 0x20000000, 1 << 14
_UPPER, _LOWER, _REGION_BYTES = 0x30000000, 0x40000000, 1 << 20
_RETURN = _FLASH + _FLASH_BYTES - 4
_REGISTERS = (arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2, arm_const.UC_ARM_REG_R3)
_FLOAT_REGISTERS = (arm_const.UC_ARM_REG_S0, arm_const.UC_ARM_REG_S1, arm_const.UC_ARM_REG_S2, arm_const.UC_ARM_REG_S3)
_PAINT = 0xA5
_MAX_INSTRUCTIONS = 200_000_000


class CallError(Exception):
    """The function faulted or did not return."""


def find(path: str) -> Path:
    """Returns a built file by its path from the workspace root: Bazel's runfiles first, then the last build's outputs."""
    for candidate in (Path(path), Path("bazel-bin") / path):
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{path}: not built; got no file, want one. Fix: run this test with bazel test")


class M4:
    """A core with the program loaded. Buffers live until `release()`."""

    def __init__(self, elf: Path):
        """Loads the program's segments and symbols."""
        self._core = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._core.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
        for start, size in ((_FLASH, _FLASH_BYTES), (_STACK, _STACK_BYTES), (_UPPER, _REGION_BYTES),
                            (_LOWER, _REGION_BYTES)):
            self._core.mem_map(start, size)
        with elf.open("rb") as stream:
            program = ELFFile(stream)
            for segment in program.iter_segments("PT_LOAD"):
                self._core.mem_write(segment["p_paddr"], segment.data())
            self._symbols = {symbol.name: symbol["st_value"]
                             for symbol in program.get_section_by_name(".symtab").iter_symbols() if symbol.name}
        self.release()

    def release(self) -> None:
        """Frees all buffers."""
        self._upper_end, self._lower_end = _UPPER + _REGION_BYTES, _LOWER

    def place(self, data: bytes, fenced: str = "end", alignment: int = 1) -> int:
        """Copies `data` into a new buffer and returns its address; `fenced` tells which side faults when crossed.

        Only the first buffer on each side lies at the page boundary; place the one under suspicion first.
        """
        if fenced == "end":
            self._upper_end = (self._upper_end - len(data)) // alignment * alignment
            address = self._upper_end
        else:
            address = -(-self._lower_end // alignment) * alignment
            self._lower_end = address + len(data)
        self._core.mem_write(address, data)
        return address

    def words(self, *values: int) -> int:
        """Places a struct of 32-bit members."""
        return self.place(struct.pack(f"<{len(values)}i", *(_signed(value) for value in values)), "start", 4)

    def array(self, values: np.ndarray, fenced: str = "end") -> int:
        """Places a NumPy array, aligned to its items."""
        return self.place(np.ascontiguousarray(values).tobytes(), fenced, values.itemsize)

    def painted(self, size_bytes: int, fenced: str = "end", alignment: int = 4) -> int:
        """Places a buffer for outputs or scratch, filled with a pattern."""
        return self.place(bytes([_PAINT]) * size_bytes, fenced, alignment)

    def write(self, address: int, data: bytes) -> None:
        """Overwrites memory."""
        self._core.mem_write(address, data)

    def read(self, address: int, count: int, dtype: str = "int8") -> np.ndarray:
        """Returns `count` items from memory."""
        return np.frombuffer(bytes(self._core.mem_read(address, count * np.dtype(dtype).itemsize)), dtype)

    def call(self, function: str, *arguments: int | float) -> int:
        """Calls a function with 32-bit integers and floats and returns its int result; raises CallError."""
        reals = [value for value in arguments if isinstance(value, float)]
        arguments = tuple(value for value in arguments if not isinstance(value, float))
        for register, value in zip(_FLOAT_REGISTERS, reals):
            self._core.reg_write(register, struct.unpack("<I", struct.pack("<f", value))[0])
        stacked = arguments[len(_REGISTERS):]
        stack = _STACK + _STACK_BYTES - 4 * (len(stacked) + len(stacked) % 2)
        self._core.mem_write(stack, struct.pack(f"<{len(stacked)}i", *(_signed(value) for value in stacked)))
        for register, value in zip(_REGISTERS, arguments):
            self._core.reg_write(register, value & 0xFFFFFFFF)
        self._core.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self._core.reg_write(arm_const.UC_ARM_REG_LR, _RETURN | 1)
        try:
            self._core.emu_start(self._symbols[function] | 1, _RETURN, count=_MAX_INSTRUCTIONS)
        except unicorn.UcError as error:
            address = self._core.reg_read(arm_const.UC_ARM_REG_PC)
            raise CallError(f"{function}: fault at {address:#x}; got {error}, want a return") from error
        if self._core.reg_read(arm_const.UC_ARM_REG_PC) & ~1 != _RETURN:
            raise CallError(f"{function}: did not return; got {_MAX_INSTRUCTIONS} instructions, want fewer")
        return _signed(self._core.reg_read(arm_const.UC_ARM_REG_R0))


def _signed(value: int) -> int:
    return ((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
