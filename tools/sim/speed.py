"""How fast the simulator is, as a ratio to plain Unicorn in the same run.

Purpose: figures for docs; prints instructions per second for plain Unicorn, the functional machine and each timing profile,
of two workloads: `dot`, the inner loop of an int8 kernel in assembly, and `kernel`, a whole int8 convolution as a compiler
makes it. Processor time, so that a busy machine disturbs less. Non-goals: a limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from absl import flags
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn import arm_const as arm

from tools.errors import run
from tools.sim.boards import STM32L476
from tools.sim.image import load_image
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes
from tools.sim.timing.profiles import PROFILES

_INSTRUCTIONS = flags.DEFINE_integer("instructions", 2_000_000, "Instructions of each measurement, at least.", lower_bound=1)
_SRAM, _RETURN = 0x20000100, 0x08000000


@dataclass(frozen=True)
class Workload:
    """A function of a test program and its arguments."""

    program: str
    arguments: tuple[int, ...]


# 5000 iterations, so that the buffers stay within SRAM; all pixels.
WORKLOADS = {"dot": Workload("loops", (_SRAM, _SRAM, 10_000)), "kernel": Workload("kernel", (64,))}


@dataclass(frozen=True)
class Speed:
    """Instructions per second of one way to run a workload, and their ratio to plain Unicorn."""

    workload: str
    way: str
    instructions_per_second: float
    ratio: float


def measure(instructions: int) -> list[Speed]:
    """Calls each workload each way until at least so many instructions have run; once more before, to warm up."""
    speeds = []
    for function, workload in WORKLOADS.items():
        elf = elf_bytes(workload.program)
        counter = Machine(elf, timing="zero_wait")
        counter.call(function, *workload.arguments)
        rounds = -(-instructions // counter.instructions)
        ways = {"plain Unicorn": _plain(elf, function, workload.arguments)}
        for way, timing in {"functional": None, **{f"timed {profile}": profile for profile in PROFILES}}.items():
            ways[way] = partial(Machine(elf, timing=timing).call, function, *workload.arguments)
        rates = {way: rounds * counter.instructions / _seconds(call, rounds) for way, call in ways.items()}
        speeds += [Speed(function, way, rate, rate / rates["plain Unicorn"]) for way, rate in rates.items()]
    return speeds


def _seconds(call: Callable[[], object], rounds: int) -> float:
    call()
    start = time.process_time()
    for _ in range(rounds):
        call()
    return time.process_time() - start


def _plain(elf: bytes, function: str, arguments: tuple[int, ...]) -> Callable[[], object]:
    image = load_image(elf, STM32L476)
    uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
    for memory in STM32L476.memories:
        uc.mem_map(memory.base, memory.size_bytes)
    uc.mem_write(image.segments[0].address, image.segments[0].data)

    def call() -> None:
        for index, value in enumerate(arguments):
            uc.reg_write(arm.UC_ARM_REG_R0 + index, value)
        uc.reg_write(arm.UC_ARM_REG_LR, _RETURN | 1)
        uc.reg_write(arm.UC_ARM_REG_SP, 0x20018000)
        uc.emu_start(image.symbols[function] | 1, _RETURN)

    return call


def main(_argv: Sequence[str]) -> None:
    """Prints one line per way."""
    for speed in measure(_INSTRUCTIONS.value):
        rate = speed.instructions_per_second / 1e6
        print(f"{speed.workload:8s}{speed.way:32s} {rate:8.1f} M instructions/s, {speed.ratio:.3f} of plain Unicorn")


if __name__ == "__main__":
    run(main)
