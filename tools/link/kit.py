"""A kit: the compiler, flags, headers and libraries that a network is linked with at run time.

Purpose: programs that meet networks at run time (benchmarks, searches for the fastest kernel, tests) compile and link them as
Bazel would. Inputs: a kit of link_kit.bzl, as data. Errors: UserError where there is none, or a command fails.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UserError

KIT = "tools/link/kit.json"
HOST_KIT, PLAIN_HOST_KIT = "tools/link/host_kit.json", "tools/link/plain_host_kit.json"
_MISSING = "Fix: run it by bazel run, or with the kit's target of //tools/link among its data"


@dataclass(frozen=True)
class Kit:
    """Commands of the compiler and what a network is linked with, objects and archives; paths are relative to `root`, but for
    those of other repositories, which begin with external/."""

    root: Path
    compile: tuple[str, ...]
    link: tuple[str, ...]
    environment: dict[str, str]
    libraries: tuple[str, ...]


def read_kit(name: str = KIT, root: Path = Path()) -> Kit:
    """The kit `name` in the runfiles below `root`; UserError if there is none."""
    try:
        found = json.loads((root / name).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{name}: can't be read; got {error.strerror}, want the runfiles of Bazel. {_MISSING}") from error
    return Kit(root.resolve(), tuple(found["compile"]), tuple(found["link"]), found["environment"], tuple(found["libraries"]))


@contextmanager
def workshop(kit: Kit) -> Iterator[Path]:
    """A folder in which the kit's commands find what they name, as Bazel's actions do; paths within it are relative, so that
    no absolute one gets into an ELF."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "external").symlink_to(kit.root.parent)
        for entry in kit.root.iterdir():
            if entry.name != "external":
                (folder / entry.name).symlink_to(entry)
        yield folder


def compile_c(kit: Kit, folder: Path, source: str, target: str, flags: tuple[str, ...] = ()) -> None:
    """Compiles a C file in the workshop `folder` with the kit's flags and `flags` behind them."""
    run_command(kit, folder, (*kit.compile, *flags, "-c", source, "-o", target))


def make_archive(kit: Kit, folder: Path, target: str, objects: Sequence[str]) -> None:
    """Makes a static library of `objects`; the linker takes from it only what is missing."""
    run_command(kit, folder, (kit.compile[0].removesuffix("gcc") + "ar", "rcsD", target, *objects))


def run_command(kit: Kit, folder: Path, command: tuple[str, ...]) -> None:
    """Runs one of the kit's commands in the workshop `folder`; UserError with the first message where it fails."""
    result = subprocess.run(command, cwd=folder, env={**os.environ, **kit.environment}, capture_output=True, text=True,
                            check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "error" in line or "overflowed" in line]
        raise UserError(f"network: {Path(command[0]).name} refuses it; got {(lines or ['no message'])[0].strip()}, want a program"
                        " for 2 MB of flash and 640 KB of SRAM. Fix: use a smaller network")
