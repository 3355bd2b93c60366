"""Instructions of the functional machine, counted block by block in C (native/counter.c).

Purpose: ends a run at the first block that begins when enough have executed. Non-goals: a limit to the instruction, which costs
half of Unicorn's speed; the instructions of a block behind the one that it was left at.
"""

from ctypes import Structure, c_int64, c_uint32, c_void_p

from unicorn import UC_HOOK_BLOCK, Uc
from unicorn.unicorn_py3.unicorn import uclib

from tools.sim.library import add_hook, address_of, load

NEVER = 2**63 - 1
_BLOCKS = 1024


class _State(Structure):
    _fields_ = [
        ("executed", c_int64), ("limit", c_int64), ("mem_read", c_void_p), ("emu_stop", c_void_p),
        ("blocks", c_uint32 * (3 * _BLOCKS)),
    ]  # fmt: skip


class Counter:
    """Counts the instructions of `uc`: `instructions` in blocks that have begun."""

    def __init__(self, uc: Uc) -> None:
        self._state = _State(mem_read=address_of(uclib.uc_mem_read), emu_stop=address_of(uclib.uc_emu_stop))
        add_hook(uc, UC_HOOK_BLOCK, load().counter_on_block, self._state)

    @property
    def instructions(self) -> int:
        """Instructions so far."""
        return self._state.executed

    def stop_after(self, instructions: int) -> None:
        """Stops the run at the first block that begins when so many more have executed."""
        self._state.limit = min(self._state.executed + instructions, NEVER)
