"""The test network's image, booted in the simulator, and the orders that the network takes (firmware/testing/echo.h)."""

import enum
from pathlib import Path

import numpy as np

from firmware.client import MachineTransport
from firmware.seal import seal_of
from tools.sim.machine import Machine

FOLDER = Path("firmware/testing")
INPUT_BYTES = 16
CLASSES = ("first", "second", "the third one")


class Order(enum.IntEnum):
    """Last byte of a window."""

    FAIL = 1
    READ_NOWHERE = 2
    UNDEFINED = 3
    OVERFLOW_STACK = 4
    LOSE_STACK = 5
    COUNT_CALLS = 6


def echo_machine(timing: str | None = None) -> Machine:
    """A machine with the image in flash, just reset: the firmware has not run yet."""
    elf = (FOLDER / "echo.elf").read_bytes()
    return Machine((FOLDER / "echo.bin").read_bytes(), timing=timing, elf=elf)


def patch(machine: Machine, name: str, code: bytes) -> None:
    """Puts `code` where the symbol `name` is, and a seal on the image that has it."""
    machine.write(machine.symbols[name], code)
    start, seal = machine.symbols["_vectors"], machine.symbols["_image_seal"]
    machine.write(seal, seal_of(machine.read(start, seal - start)))


def window(*scores: int, order: int = 0) -> np.ndarray:
    """A window, int8 [16], that the network echoes the scores of after following the order."""
    values = np.zeros(INPUT_BYTES, np.int8)
    values[: len(scores)] = scores
    values[-1] = order
    return values


def drain(machine: Machine) -> bytes:
    """What the firmware sends until it has given every unfinished frame up."""
    return MachineTransport(machine).receive(1 << 20)


def has_stopped(machine: Machine) -> bool:
    """Whether the firmware sleeps for good: stop() of firmware/main.c."""
    function = machine.symbols.function_at(machine.pc)
    return function is not None and function.name == "stop"
