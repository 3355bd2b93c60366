"""Generated networks as a program of this machine under AddressSanitizer and UBSan.

Inputs: libraries of compile_network, each by a name of its own, and a kit HOST_KIT or PLAIN_HOST_KIT. Outputs: the networks'
outputs. Errors: SanitizerError with the report where the program ends early.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from cmsis.compiler.emitter import Library
from tools.link.kit import Kit, compile_c, run_command, workshop

_HARNESS = "tools/link/host_harness.c"
_ENVIRONMENT = MappingProxyType({"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"})


class SanitizerError(Exception):
    """The program found an error in itself; the message is its report."""


def run_on_host(kit: Kit, libraries: Mapping[str, Library],
                inputs: Mapping[str, Sequence[Sequence[np.ndarray]]]) -> dict[str, list[list[np.ndarray]]]:
    """Links `libraries` (by network) and runs each over its `inputs`, one sequence of arrays per inference; returns the outputs
    alike, flat."""
    plans = {name: json.loads(library.plan) for name, library in libraries.items()}
    with workshop(kit) as folder:
        for name, library in libraries.items():
            (folder / f"{name}.h").write_text(library.header, encoding="utf-8")
            (folder / f"{name}.c").write_text(library.source, encoding="utf-8")
        (folder / "networks.h").write_text(_networks(plans), encoding="utf-8")
        objects = [_object(kit, folder, source) for source in (*(f"{name}.c" for name in libraries), _HARNESS)]
        run_command(kit, folder, (*kit.link, "-o", "networks", *objects, *kit.libraries))
        done = subprocess.run([folder / "networks"], input=b"".join(_stream(inputs[name]) for name in libraries),
                              env={**os.environ, **_ENVIRONMENT}, capture_output=True, check=False)
    if done.returncode:
        raise SanitizerError(done.stderr.decode(errors="replace"))
    return _outputs(plans, {name: len(values) for name, values in inputs.items()}, done.stdout)


def _object(kit: Kit, folder: Path, source: str) -> str:
    target = Path(source).stem + ".o"
    compile_c(kit, folder, source, target, ("-I.",))
    return target


def _ends(plan: dict, what: str) -> list[dict]:
    return plan.get(f"{what}s") or [plan[what]]


def _networks(plans: Mapping[str, dict]) -> str:
    """networks.h: the table that host_harness.c runs over."""
    includes = [f'#include "{name}.h"' for name in plans]
    functions, rows = [], []
    for name, plan in plans.items():
        inputs, outputs = _ends(plan, "input"), _ends(plan, "output")
        arguments = "".join(f", buffers[{index}]" for index in range(len(inputs) + len(outputs)))
        functions += [f"static int init_{name}(void *self, void *arena, size_t bytes) {{ return {name}_init(self, arena, bytes); }}",
                      f"static int run_{name}(void *self, void *buffers[]) {{ return {name}_run(self{arguments}); }}"]
        sizes = ", ".join(str(end["bytes"]) for end in (*inputs, *outputs))
        rows.append(f'    {{"{name}", sizeof({name}_t), {name.upper()}_ARENA_BYTES, {len(inputs)}, {len(outputs)}, {{{sizes}}},'
                    f" init_{name}, run_{name}}},")
    return "\n".join([*includes, *functions, "static const struct network networks[] = {", *rows, "};", ""])


def _stream(inferences: Sequence[Sequence[np.ndarray]]) -> bytes:
    return np.uint32(len(inferences)).tobytes() + b"".join(value.tobytes() for values in inferences for value in values)


def _outputs(plans: Mapping[str, dict], inferences: Mapping[str, int], stream: bytes) -> dict[str, list[list[np.ndarray]]]:
    found, offset = {}, 0
    for name, plan in plans.items():
        found[name] = []
        for _ in range(inferences[name]):
            values = []
            for end in _ends(plan, "output"):
                values.append(np.frombuffer(stream[offset:offset + end["bytes"]], end["type"]))
                offset += end["bytes"]
            found[name].append(values)
    return found
