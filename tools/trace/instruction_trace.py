"""Prints the instructions of one inference, each with the cycles that the model gives it.

Inputs: the flags of tools/trace/subject.py; --timing (a profile of the cycle model, by default the board's); --function (only
its own instructions); --max_instructions. Output: a line per instruction: cycles since the inference's entry, cycles of the
instruction, cycles that its block waited for flash (at the block's first instruction), address, symbol and offset, disassembly.
Errors: an image that fails is traced up to there; then UserError with address, symbol and layer.
"""

import os
import sys
from collections.abc import Callable

import capstone
from absl import flags

from tools import errors
from tools.sim.machine import Machine
from tools.sim.symbols import SymbolTable
from tools.sim.timing.op import Kind
from tools.sim.timing.recorder import Run
from tools.trace import subject
from tools.trace.call import address_of, record_call

HEADER = f"{'total':>10} {'cycles':>6} {'flash':>5}  {'address':10}  {'symbol':40}  instruction"


class Trace:
    """Writes a line for each instruction by `write`; a sink of record_call. `only` is a function's address or None."""

    def __init__(self, machine: Machine, write: Callable[[str], object], only: int | None = None) -> None:
        self._machine = machine
        self._symbols: SymbolTable = machine.symbols
        self._write = write
        self._only = only
        self._seen: set[Run] = set()
        self._texts: dict[int, str | None] = {}
        self._disassembler = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
        self._open_it: int | None = None
        self.cycles = self.instructions = 0

    def __call__(self, run: Run, flash_cycles: int) -> None:
        if run not in self._seen:
            self._seen.add(run)
            self._disassemble(run)
        self._open_it = _open_it(run)
        for executed in run.executed:
            cycles = executed.cycles.total
            self.cycles += cycles + flash_cycles
            self.instructions += 1
            text = self._texts[executed.op.address]
            if text is not None:
                self._write(f"{self.cycles:10} {cycles:6} {flash_cycles or '':>5}  {text}\n")
            flash_cycles = 0

    def _disassemble(self, run: Run) -> None:
        """Prepares what the lines of a block say; as a whole, since an IT shows in the instructions behind it, be they in the
        next block: Unicorn's end at a page's."""
        start = run.address if self._open_it is None else self._open_it
        code = self._machine.read(start, run.executed[-1].op.end - start)
        shown = {address: f"{name} {operands}" for address, _, name, operands in self._disassembler.disasm_lite(code, start)}
        for executed in run.executed:
            address = executed.op.address
            function = self._symbols.function_at(address)
            if self._only is not None and (function is None or function.address != self._only):
                self._texts[address] = None
            else:
                place = f"{function.name}+{address - function.address:#x}" if function else ""
                self._texts[address] = f"{address:#010x}  {place:40}  {shown[address]}".rstrip()


def _open_it(run: Run) -> int | None:
    """The address of an IT whose instructions are not all in `run`."""
    for behind, executed in enumerate(reversed(run.executed)):
        if executed.op.kind is Kind.IT:
            return executed.op.address if behind < len(executed.op.name) - 1 else None
    return None


def trace(what: subject.Subject, timing: str | None, function: str | None, write: Callable[[str], object],
          max_instructions: int | None = None) -> Trace:
    """Traces one inference; `timing` None is the board's profile, `function` None all functions.

    Raises:
        errors.UserError: the image has no such function, or fails, or needs more than `max_instructions` (Subject.boot).
    """
    booted = what.boot(timing or what.profile, max_instructions)
    only = None if function is None else address_of(booted.machine.symbols, function)
    lines = Trace(booted.machine, write, only)
    write(HEADER + "\n")
    record_call(booted.machine, f"{booted.name}_run", booted.run, lines)
    return lines


def _define_flags() -> None:
    subject.define_flags()
    flags.DEFINE_string("timing", None, "profile of the cycle model, such as zero_wait; by default the board's")
    flags.DEFINE_string("function", None, "trace only this function's own instructions")
    flags.DEFINE_integer("max_instructions", None, "a run of more fails; by default the network's size says how many", lower_bound=1)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    try:
        lines = trace(subject.from_flags(), args.timing, args.function, sys.stdout.write, args.max_instructions)
        print(f"{lines.instructions:,} instructions, {lines.cycles:,} cycles")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
