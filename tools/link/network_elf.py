"""Compiles and links a generated network for the simulator, with the project's compiler and flags.

Purpose: programs that meet networks at run time (benchmarks, searches for the fastest kernel) get an ELF as Bazel would
link it. Inputs: a .tflite file, and a kit (link_kit.bzl; this library brings it along as data). Outputs: the ELF's bytes;
harness.c says what to call. Errors: UserError where the compiler refuses the model, or the program does not fit.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.emitter import Library
from cmsis.compiler.ir import Graph
from tools.errors import UserError

NAME = "network"
HEADER = f"{NAME}.h"
KIT = "tools/link/kit.json"
_HARNESS, _SCRIPT = "tools/link/harness.c", "tools/link/harness.ld"
# The harness's loops shall not become calls of newlib's memcpy and memset, which would count as code of the network.
_FLAGS = ("-I.", "-fno-tree-loop-distribute-patterns")
_MISSING = "Fix: run it by bazel run, or with the target //tools/link:kit among its data"


@dataclass(frozen=True)
class Kit:
    """Commands of the compiler and what a network is linked with, objects and archives; paths are relative to `root`, but for
    those of other repositories, which begin with external/."""

    root: Path
    compile: tuple[str, ...]
    link: tuple[str, ...]
    environment: dict[str, str]
    libraries: tuple[str, ...]


def read_kit(root: Path = Path()) -> Kit:
    """The kit in the runfiles below `root`; UserError if there is none."""
    try:
        found = json.loads((root / KIT).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{KIT}: can't be read; got {error.strerror}, want the runfiles of Bazel. {_MISSING}") from error
    return Kit(root.resolve(), tuple(found["compile"]), tuple(found["link"]), found["environment"], tuple(found["libraries"]))


def compile_network(data: bytes, **options: object) -> Library:
    """The library that link_network takes, of a .tflite file's bytes; its classes are numbered, `options` are those of
    compile_model. Raises UserError."""
    graph = reader.read(data, NAME)
    return compile_model(data, NAME, numbered_classes(graph), HEADER, **options)


def numbered_classes(graph: Graph) -> tuple[str, ...]:
    """Names for the elements of the network's first output."""
    return tuple(f"class_{index}" for index in range(graph.tensors[graph.outputs[0]].elements)) if graph.outputs else ()


def link_network(kit: Kit, library: Library) -> bytes:
    """The ELF of a library of compile_network."""
    with workshop(kit) as folder:
        for name, text in ((HEADER, library.header), (f"{NAME}.c", library.source),
                           ("buffers.h", _buffers(json.loads(library.plan)))):
            (folder / name).write_text(text, encoding="utf-8")
        for source in (f"{NAME}.c", _HARNESS):
            compile_c(kit, folder, source, Path(source).stem + ".o", _FLAGS)
        _run(kit, folder, (*kit.link, "-T", _SCRIPT, "-Wl,--entry=infer,--undefined=prepare", "-o", "network.elf",
                           f"{NAME}.o", "harness.o", *kit.libraries))
        return (folder / "network.elf").read_bytes()


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
    _run(kit, folder, (*kit.compile, *flags, "-c", source, "-o", target))


def make_archive(kit: Kit, folder: Path, target: str, objects: Sequence[str]) -> None:
    """Makes a static library of `objects`; the linker takes from it only what is missing."""
    _run(kit, folder, (kit.compile[0].removesuffix("gcc") + "ar", "rcsD", target, *objects))


def ends(plan: dict, what: str) -> list[dict]:
    """The plan's inputs or outputs (`what` is input or output) in order, each with `symbol`, the name of its buffer."""
    found = plan[f"{what}s"] if f"{what}s" in plan else [plan[what]]
    names = [what] if len(found) == 1 else [f"{what}{index}" for index in range(len(found))]
    return [{**buffer, "symbol": f"{NAME}_{name}"} for name, buffer in zip(names, found)]


def _buffers(plan: dict) -> str:
    """buffers.h of a network."""
    buffers = ends(plan, "input") + ends(plan, "output")
    memory = [f'uint8_t {buffer["symbol"]}[{buffer["bytes"]}] __attribute__((used, aligned(8), section(".buffers")));'
              for buffer in buffers]
    arguments = ", ".join(f"(void *){buffer['symbol']}" for buffer in buffers)
    return "\n".join([*memory, f"#define NETWORK_RUN {NAME}_run(&{NAME}, {arguments})", ""])


def _run(kit: Kit, folder: Path, command: tuple[str, ...]) -> None:
    result = subprocess.run(command, cwd=folder, env={**os.environ, **kit.environment}, capture_output=True, text=True,
                            check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "error" in line or "overflowed" in line]
        raise UserError(f"network: {Path(command[0]).name} refuses it; got {(lines or ['no message'])[0].strip()}, want a program"
                        " for 2 MB of flash and 640 KB of SRAM. Fix: use a smaller network")
