"""How fast the simulator is, as a ratio to plain Unicorn in the same run.

Purpose: figures for docs; prints instructions per second for plain Unicorn, the functional machine and each timing profile,
of two workloads: `dot`, the inner loop of an int8 kernel in assembly, and `kernel`, a whole int8 convolution as a compiler
makes it. Or of a program of yours: `--program=PROGRAM.elf --functions=prepare,convolve` calls `prepare` once and measures
`convolve`. Processor time, the best of several passes, so that a busy machine disturbs less. Non-goals: a limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from absl import flags
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn import arm_const as arm

from tools.errors import run
from tools.sim.boards import STM32L476
from tools.sim.image import load_image
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes
from tools.sim.timing.profiles import PROFILES

_INSTRUCTIONS = flags.DEFINE_integer("instructions", 2_000_000, "Instructions of each pass, at least.", lower_bound=1)
_PASSES = flags.DEFINE_integer("passes", 5, "Passes of each measurement; the best one counts.", lower_bound=1)
_PROGRAM = flags.DEFINE_string("program", None, "ELF of functions to measure in place of the two workloads.")
_FUNCTIONS = flags.DEFINE_list("functions", [], "Functions without arguments: all are called once, the last one is measured.")
_SRAM, _RETURN = 0x20000100, 0x08000000


@dataclass(frozen=True)
class Workload:
    """The last of `functions` of a program with its arguments; those before it are called once."""

    elf: bytes
    functions: tuple[str, ...]
    arguments: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The function that is measured."""
        return self.functions[-1]


@dataclass(frozen=True)
class Speed:
    """Instructions per second of one way to run a workload, and their ratio to plain Unicorn."""

    workload: str
    way: str
    instructions_per_second: float
    ratio: float


def workloads() -> list[Workload]:
    """The two of the test programs: 5000 iterations, so that the buffers stay within SRAM; all pixels."""
    return [Workload(elf_bytes("loops"), ("dot",), (_SRAM, _SRAM, 10_000)), Workload(elf_bytes("kernel"), ("kernel",), (64,))]


def measure(workload: Workload, instructions: int, passes: int) -> list[Speed]:
    """Runs `workload` each way in passes of at least so many instructions; once more before, to warm up."""
    counter = Machine(workload.elf, timing="zero_wait")
    call = _on_machine(counter, workload)
    before = counter.instructions
    call()
    counted = counter.instructions - before
    rounds = -(-instructions // counted)
    ways = {"plain Unicorn": _plain(workload)}
    for way, timing in {"functional": None, **{f"timed {profile}": profile for profile in PROFILES}}.items():
        ways[way] = _on_machine(Machine(workload.elf, timing=timing), workload)
    rates = {way: rounds * counted / _seconds(call, rounds, passes) for way, call in ways.items()}
    return [Speed(workload.name, way, rate, rate / rates["plain Unicorn"]) for way, rate in rates.items()]


def _seconds(call: Callable[[], object], rounds: int, passes: int) -> float:
    """The least processor time of a pass."""
    call()
    best = float("inf")
    for _ in range(passes):
        start = time.process_time()
        for _ in range(rounds):
            call()
        best = min(best, time.process_time() - start)
    return best


def _on_machine(machine: Machine, workload: Workload) -> Callable[[], object]:
    for function in workload.functions[:-1]:
        machine.call(function)
    return partial(machine.call, workload.name, *workload.arguments)


def _plain(workload: Workload) -> Callable[[], object]:
    image = load_image(workload.elf, STM32L476)
    uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
    for memory in STM32L476.memories:
        uc.mem_map(memory.base, memory.size_bytes)
    for segment in image.segments:
        uc.mem_write(segment.address, segment.data)

    def call(function: str, *arguments: int) -> None:
        for index, value in enumerate(arguments):
            uc.reg_write(arm.UC_ARM_REG_R0 + index, value)
        uc.reg_write(arm.UC_ARM_REG_LR, _RETURN | 1)
        uc.reg_write(arm.UC_ARM_REG_SP, 0x20018000)
        uc.emu_start(image.symbols[function] | 1, _RETURN)

    for function in workload.functions[:-1]:
        call(function)
    return partial(call, workload.name, *workload.arguments)


def main(_argv: Sequence[str]) -> None:
    """Prints one line per way."""
    program = _PROGRAM.value
    measured = [Workload(Path(program).read_bytes(), tuple(_FUNCTIONS.value))] if program else workloads()
    for workload in measured:
        for speed in measure(workload, _INSTRUCTIONS.value, _PASSES.value):
            rate = speed.instructions_per_second / 1e6
            print(f"{speed.workload:20s}{speed.way:32s} {rate:8.1f} M instructions/s, {speed.ratio:.3f} of plain Unicorn")


if __name__ == "__main__":
    run(main)
