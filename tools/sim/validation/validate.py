"""Holds the cycle model against published cycle counts: `bazel run //tools:validate_timing -- ELF EXPECTED.csv`.

Purpose: anyone can repeat the comparison of docs/timing.md on any program. Inputs: an ELF for the Cortex-M4 and a CSV file
with a line per call: symbol, published cycles, and arguments after that (numbers, or a symbol for its address, as `buffer` or `buffer+16`).
A line without cycles is called and not compared: it sets up, or warms caches up. Lines starting with # are comments.
Output: a table with the error of each call. Errors: UserError naming the line; exit code 1 beyond `--tolerance_percent`.
The functions are called one after the other on one machine by the procedure call standard, up to 4 arguments, and timed from
the first instruction to the return. Non-goals: booting the image, peripherals.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from absl import app, flags

from tools.errors import UserError, run
from tools.paths import from_command_line
from tools.sim.errors import SimError
from tools.sim.machine import Machine

_PROFILE = flags.DEFINE_string("profile", "zero_wait", "Memory profile, as in tools/sim/timing/profiles.py.")
_BOARD = flags.DEFINE_string("board", "stm32l4r5", "Memory map, as in tools/sim/boards.py.")
_REPETITIONS = flags.DEFINE_integer("repetitions", 1, "Times to go through the file; means are compared.", lower_bound=1)
_MAX_INSTRUCTIONS = flags.DEFINE_integer("max_instructions", 1_000_000_000, "Limit of one call.", lower_bound=1)
_TOLERANCE = flags.DEFINE_float("tolerance_percent", None, "Fail if an error is larger; without it, only report.")
_USAGE = "want ELF and EXPECTED.csv. Fix: bazel run //tools:validate_timing -- program.elf expected.csv"


@dataclass(frozen=True)
class Call:
    """A line of the file: `published_cycles` is None for a call that only sets up."""

    line: int
    symbol: str
    published_cycles: float | None
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Model cycles (the mean over the repetitions) beside published ones."""

    symbol: str
    published_cycles: float
    model_cycles: float

    @property
    def error_percent(self) -> float:
        """Of the model, relative to the published figure."""
        return 100 * (self.model_cycles / self.published_cycles - 1)


def read_calls(text: str, name: str) -> tuple[Call, ...]:
    """The calls in the CSV `text`; `name` is that of the file, for errors."""
    calls = []
    for line, row in enumerate(csv.reader(text.splitlines()), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        published = cells[1].replace("_", "") if len(cells) > 1 else ""
        try:
            cycles = float(published) if published else None
        except ValueError:
            cycles = -1.0
        if not cells[0] or (cycles is not None and not 0 < cycles < float("inf")) or len(cells) > 6:
            want = "want symbol, cycles above 0 or nothing, up to 4 arguments"
            raise UserError(f"{name}:{line}: not a call; got {','.join(cells)!r}, {want}. Fix: correct the line")
        calls.append(Call(line, cells[0], cycles, tuple(cell for cell in cells[2:] if cell)))
    if not any(call.published_cycles for call in calls):
        raise UserError(f"{name}: nothing to compare; got no line with cycles, want one. Fix: add `symbol, cycles`")
    return tuple(calls)


def compare(machine: Machine, calls: Sequence[Call], repetitions: int, max_instructions: int, name: str) -> list[Comparison]:
    """Makes all calls in order, `repetitions` times over, on a timed machine."""
    totals = dict.fromkeys(calls, 0)
    prepared = [(call, _address(machine, call.symbol, call, name), _arguments(machine, call, name)) for call in calls]
    for _ in range(repetitions):
        for call, address, arguments in prepared:
            before = machine.cycles
            try:
                machine.call(address, *arguments, max_instructions=max_instructions)
            except SimError as error:
                raise UserError(f"{name}:{call.line}: {call.symbol} did not complete, so it has no time; {error}") from error
            totals[call] += machine.cycles - before
    return [Comparison(call.symbol, call.published_cycles, total / repetitions)
            for call, total in totals.items() if call.published_cycles]  # fmt: skip


def _address(machine: Machine, symbol: str, call: Call, name: str) -> int:
    if symbol not in machine.symbols:
        raise UserError(f"{name}:{call.line}: the ELF has no symbol {symbol!r}; got none, want one. Fix: don't strip the ELF")
    return machine.symbols[symbol]


def _arguments(machine: Machine, call: Call, name: str) -> list[int]:
    def value(text: str) -> int:
        symbol, _, offset = text.partition("+")
        is_symbol = symbol[0].isalpha() or symbol[0] == "_"
        return _address(machine, symbol, call, name) + int(offset or "0", 0) if is_symbol else int(text, 0)

    try:
        return [value(text) for text in call.arguments]
    except ValueError as error:
        want = "want numbers or names of symbols"
        raise UserError(f"{name}:{call.line}: arguments of {call.symbol}; got {error}, {want}. Fix: correct the line") from error


def table(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as a Markdown table."""
    lines = ["| symbol | published cycles | model cycles | error |", "| --- | --- | --- | --- |"]
    for c in comparisons:
        lines.append(f"| {c.symbol} | {c.published_cycles:,.0f} | {c.model_cycles:,.0f} | {c.error_percent:+.2f} % |")
    return "\n".join(lines)


def judge(comparisons: Sequence[Comparison], tolerance_percent: float) -> None:
    """UserError if an error is larger than `tolerance_percent`."""
    worst = max(comparisons, key=lambda comparison: abs(comparison.error_percent))
    if abs(worst.error_percent) > tolerance_percent:
        raise UserError(
            f"validate_timing: {worst.symbol} is off by {worst.error_percent:+.2f} %; got {worst.model_cycles:,.0f} cycles, "
            f"want {worst.published_cycles:,.0f} within {tolerance_percent} %. Fix: compare compiler, flags and memory profile"
        )


def main(argv: Sequence[str]) -> None:
    """Prints the table; judges it if asked to."""
    if len(argv) != 3:
        raise app.UsageError(f"validate_timing: got {len(argv) - 1} arguments, {_USAGE}")
    files = [from_command_line(argument) for argument in argv[1:]]
    for file in files:
        if not file.is_file():
            raise UserError(f"validate_timing: no file {str(file)!r}; got none, {_USAGE}")
    machine = Machine(files[0].read_bytes(), board=_BOARD.value, timing=_PROFILE.value)
    calls = read_calls(files[1].read_text(encoding="utf-8"), files[1].name)
    comparisons = compare(machine, calls, _REPETITIONS.value, _MAX_INSTRUCTIONS.value, files[1].name)
    print(table(comparisons))
    if machine.assumed_accesses:
        print(f"{machine.assumed_accesses:,} executions of blocks had an address that the model took for aligned SRAM")
    if _TOLERANCE.value is not None:
        judge(comparisons, _TOLERANCE.value)


if __name__ == "__main__":
    run(main)
