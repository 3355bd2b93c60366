"""How fast the simulator is, as a ratio to plain Unicorn in the same run.

Purpose: figures for docs; prints instructions per second of the loop `dot` (an int8 kernel's) for plain Unicorn, the
functional machine and each timing profile. Processor time, so that a busy machine disturbs less. Non-goals: a limit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from absl import flags
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn import arm_const as arm

from tools.errors import run
from tools.sim.boards import STM32L476
from tools.sim.image import load_image
from tools.sim.machine import Machine
from tools.sim.testdata.elves import elf_bytes
from tools.sim.timing.profiles import PROFILES

_ROUNDS = flags.DEFINE_integer("rounds", 100_000, "Iterations of the loop, 18 instructions each.", lower_bound=1)
_SRAM, _RETURN = 0x20000100, 0x08000000
_INSTRUCTIONS_PER_ROUND = 18


@dataclass(frozen=True)
class Speed:
    """Instructions per second of one way to run, and their ratio to plain Unicorn."""

    way: str
    instructions_per_second: float
    ratio: float


def measure(rounds: int) -> list[Speed]:
    """Runs `dot` for `rounds` iterations each way; the buffers wrap within SRAM by running it in pieces."""
    elf = elf_bytes("loops")
    ways: dict[str, Callable[[int], object]] = {"plain Unicorn": _plain(elf), "functional": _machine(elf, None)}
    ways |= {f"timed {profile}": _machine(elf, profile) for profile in PROFILES}
    rates = {way: _rate(call, rounds) for way, call in ways.items()}
    return [Speed(way, rate, rate / rates["plain Unicorn"]) for way, rate in rates.items()]


def _rate(call: Callable[[int], object], rounds: int) -> float:
    pieces, rounds_each = max(rounds // 5000, 1), min(rounds, 5000)
    call(rounds_each)
    start = time.process_time()
    for _ in range(pieces):
        call(rounds_each)
    return pieces * rounds_each * _INSTRUCTIONS_PER_ROUND / (time.process_time() - start)


def _plain(elf: bytes) -> Callable[[int], object]:
    image = load_image(elf, STM32L476)
    uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M4)
    for memory in STM32L476.memories:
        uc.mem_map(memory.base, memory.size_bytes)
    uc.mem_write(image.segments[0].address, image.segments[0].data)

    def call(rounds: int) -> None:
        values = (_SRAM, _SRAM, 2 * rounds, _RETURN | 1, 0x20018000)
        registers = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_LR, arm.UC_ARM_REG_SP)
        for register, value in zip(registers, values):
            uc.reg_write(register, value)
        uc.emu_start(image.symbols["dot"] | 1, _RETURN)

    return call


def _machine(elf: bytes, timing: str | None) -> Callable[[int], object]:
    machine = Machine(elf, timing=timing)
    return lambda rounds: machine.call("dot", _SRAM, _SRAM, 2 * rounds)


def main(_argv: Sequence[str]) -> None:
    """Prints one line per way."""
    for speed in measure(_ROUNDS.value):
        rate = speed.instructions_per_second / 1e6
        print(f"{speed.way:24s} {rate:8.1f} M instructions/s, {speed.ratio:.3f} of plain Unicorn")


if __name__ == "__main__":
    run(main)
