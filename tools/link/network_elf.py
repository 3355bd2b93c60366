"""Compiles and links a generated network for the simulator, with the project's compiler and flags.

Inputs: a .tflite file and a kit. Outputs: the ELF's bytes; harness.c says what to call. Errors: UserError where the compiler
refuses the model, or the program does not fit.
"""

import json
from pathlib import Path

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.emitter import Library
from cmsis.compiler.ir import Graph
from tools.link.kit import Kit, compile_c, run_command, workshop

NAME = "network"
HEADER = f"{NAME}.h"
_HARNESS, _SCRIPT = "tools/link/harness.c", "tools/link/harness.ld"
# The harness's loops shall not become calls of newlib's memcpy and memset, which would count as code of the network.
_FLAGS = ("-I.", "-fno-tree-loop-distribute-patterns")


def compile_network(data: bytes, name: str = NAME, **options: object) -> Library:
    """The library of a .tflite file's bytes, by its default name what link_network takes; its classes are numbered, `options`
    are those of compile_model. Raises UserError."""
    graph = reader.read(data, name)
    return compile_model(data, name, numbered_classes(graph), f"{name}.h", **options)


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
        run_command(kit, folder, (*kit.link, "-T", _SCRIPT, "-Wl,--entry=infer,--undefined=prepare", "-o", "network.elf",
                                 f"{NAME}.o", "harness.o", *kit.libraries))
        return (folder / "network.elf").read_bytes()


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
