"""Runs Python programs as other CPU models would, and compares what they wrote.

Purpose: proof that an artifact does not depend on the CPU: qemu-x86_64 offers a program the instructions of a CPU model and no
others, so that libraries that choose their kernels by the CPU choose anew. Inputs: steps, each a program of this workspace and its
flags. Outputs: a measurement as measure.py makes it, of the native run against another.
Errors: UserError where a program fails. Non-goals: other architectures, and faults of real silicon.
"""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gates.reproducibility import measure
from tools.errors import UserError

# Without AVX; with AVX2 and FMA; with all that QEMU's emulation knows.
CPU_MODELS = ("SandyBridge", "Haswell", "max")
_ERROR_LINES = 5


@dataclasses.dataclass(frozen=True)
class Step:
    """One program: its file in this workspace, the flags that it always gets, and files by the flag that names them; a file is
    relative to the folder of the run, and one that no earlier step has written is an output."""

    program: str
    flags: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Machine:
    """A CPU: the words that stand before a program's; none for this machine's own."""

    name: str
    prefix: tuple[str, ...] = ()


def machines(emulator: str) -> tuple[Machine, ...]:
    """This machine, then CPU_MODELS by `emulator`, the path of a qemu-x86_64."""
    return (Machine("native"), *(Machine(model, (emulator, "-cpu", model)) for model in CPU_MODELS))


def run(steps: Sequence[Step], machine: Machine, folder: Path) -> list[str]:
    """Runs the steps on `machine` in `folder`, which they share; returns the paths of all files, in the order of the steps.

    Raises:
        UserError: a step fails; names machine and program and has the last lines of its errors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for step in steps:
        paths = [f"--{flag}={folder / name}" for flag, name in step.files]
        command = [*machine.prefix, sys.executable, step.program, *(f"--{flag}={value}" for flag, value in step.flags), *paths]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            last = " / ".join(done.stderr.strip().splitlines()[-_ERROR_LINES:])
            raise UserError(f"{step.program}: fails on CPU model {machine.name}; got exit code {done.returncode}: {last}, want 0. "
                            "Fix: run it by hand under `qemu-x86_64 -cpu`")
    return list(dict.fromkeys(str(folder / name) for step in steps for _, name in step.files))


def compare(native: list[str], other: list[str]) -> dict[str, Any]:
    """The measurement of the files of two runs."""
    return measure.compare(native, other)


def _environment() -> dict[str, str]:
    """What this process got, which is what actions get (tools/rules/action.bzl), and its module path."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
