"""One call of one function, block by block.

Purpose: hands the blocks from a function's entry to its return to a sink, while something makes the firmware call it.
The machine is not stopped in between, so the cycles are those of an undisturbed run.
"""

from collections.abc import Callable

from tools.errors import UserError
from tools.sim.machine import Machine
from tools.sim.symbols import SymbolTable
from tools.sim.timing.recorder import Recorder, Run

CALLS = frozenset({"bl", "blx"})
Sink = Callable[[Run, int], None]


def record_call(machine: Machine, function: str, execute: Callable[[], object], sink: Sink) -> None:
    """Runs `execute()` on a timed machine; `sink(run, flash_cycles)` gets the blocks of the first call of `function`.

    Raises:
        UserError: the image has no such function, or it was not called, or did not return.
    """
    part = _Part(address_of(machine.symbols, function), sink)
    machine.observe(Recorder(part))
    try:
        execute()
    finally:
        machine.observe(None)
    if not part.is_complete:
        raise UserError(f"recording: {function} was {'left without a return' if part.has_begun else 'not called'}; "
                        "got no inference, want one. Fix: run bazel test //firmware/...")


def address_of(symbols: SymbolTable, function: str) -> int:
    """The function's address; UserError if the image has no such function."""
    if function not in symbols:
        raise UserError(f"recording: the ELF has no symbol {function}; got none, want the inference. "
                        "Fix: link without link-time optimisation, and don't strip the ELF")
    return symbols[function]


class _Part:
    """Passes on what lies between entry and return of the first call of the function at `entry`."""

    def __init__(self, entry: int, sink: Sink) -> None:
        self._entry = entry
        self._sink = sink
        self._return_address: int | None = None
        self.is_complete = False

    @property
    def has_begun(self) -> bool:
        return self._return_address is not None

    def __call__(self, run: Run, flash_cycles: int) -> None:
        if self.is_complete:
            return
        if self.has_begun:
            self._sink(run, flash_cycles)
            self.is_complete = run.next_address == self._return_address
        elif run.next_address == self._entry and run.executed[-1].op.name in CALLS:
            self._return_address = run.executed[-1].op.end
