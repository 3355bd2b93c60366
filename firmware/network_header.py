"""Writes network.h, which binds the generic firmware to one generated network.

Inputs: plan.json of //cmsis/compiler (its "name"; its "input" and "output" are checked) and the name of the network's own header.
Output: a C header that maps NETWORK_*, network_class_names, network_t, network_init, network_reset and network_run to
the network's own names. Non-goals: sizes and scales; they stay in the network's header, so that they exist once.
"""

import dataclasses
import json
import os
import re
from pathlib import Path

from absl import flags

from tools import errors

MACROS = (
    "INPUT_BYTES",
    "OUTPUT_BYTES",
    "ARENA_BYTES",
    "CLASSES",
    "INPUT_SCALE",
    "INPUT_ZERO_POINT",
    "OUTPUT_SCALE",
    "OUTPUT_ZERO_POINT",
)

# What firmware/detector.c hands out and asks for.
_DETECTOR_INPUT_BYTES = 2 * 128
_DETECTOR_CLASSES = ("transient", "harmonics")

TEMPLATE = """\
/* Binds the firmware to the network {name}. Written by //firmware:network_header. */
#ifndef NETWORK_H
#define NETWORK_H

#include "{header}"

#define NETWORK_NAME "{name}"
{macros}
#define network_class_names {name}_class_names

{detector}

typedef {name}_t network_t;

/* 0, or negative if the arena is too small or badly aligned. */
static inline int network_init(network_t *self, void *arena, size_t arena_bytes)
{{
    return {name}_init(self, arena, arena_bytes);
}}

/* 0 or a negative error. */
static inline int network_reset(const network_t *self)
{{
    {reset}
}}

/* 0 or a negative error. */
static inline int network_run(const network_t *self, const int8_t *input, int8_t *output)
{{
    return {name}_run(self, input, output);
}}

#endif
"""


@dataclasses.dataclass(frozen=True)
class Network:
    """What the header needs of a plan: the name, whether the network keeps a state, its classes, and the bytes of its input."""

    name: str
    has_state: bool
    classes: tuple[str, ...]
    input_bytes: int


def read_plan(path: str) -> Network:
    """The network in the plan at `path`; UserError unless its name can be a prefix in C and the service can run it."""
    fix = "Fix: pass the plan.json that //cmsis/compiler wrote"
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise errors.UserError(f"{path}: cannot be read as JSON; got {error}, want a plan. {fix}") from error
    name = plan.get("name") if isinstance(plan, dict) else None
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise errors.UserError(f"{path}: name is no C prefix; got {name!r}, want [a-z][a-z0-9_]*. {fix}")
    for end in ("input", "output"):
        found = [buffer.get("type") for buffer in plan.get(f"{end}s", [plan.get(end, {})])]
        if found != ["int8"]:
            raise errors.UserError(f"{path}: the firmware's service wants one int8 {end}; got {len(found)} of type"
                                   f" {', '.join(map(str, found))}, want one int8. Fix: call the C library from a program of"
                                   " your own, or split the network")
    return Network(name, plan.get("state_bytes", 0) > 0, tuple(plan.get("classes", ())), plan.get("input", {}).get("bytes", 0))


def detector_macros(network: Network, has_detector: bool) -> str:
    """The macros of the streaming detector; UserError unless `network` classifies what it hands out."""
    if not has_detector:
        return "#define NETWORK_HAS_DETECTOR 0"
    fix = "Fix: build it without the detector, detector = False"
    if network.input_bytes != _DETECTOR_INPUT_BYTES:
        raise errors.UserError(f"{network.name}: the streaming detector hands out windows of one cycle, voltage and current; got an input of "
                               f"{network.input_bytes} bytes, want {_DETECTOR_INPUT_BYTES}. {fix}")
    missing = [name for name in _DETECTOR_CLASSES if name not in network.classes]
    if missing:
        raise errors.UserError(f"{network.name}: the streaming detector asks for its classes; got {', '.join(network.classes)}, want "
                               f"{' and '.join(missing)} too. {fix}")
    indices = [f"#define NETWORK_CLASS_{name.upper()} {network.classes.index(name)}" for name in _DETECTOR_CLASSES]
    return "\n".join(["#define NETWORK_HAS_DETECTOR 1", *indices])


def render(network: Network, header: str, has_detector: bool) -> str:
    """network.h for `network`, whose own header is included as `header`; only one that keeps a state has a reset."""
    name = network.name
    macros = "\n".join(f"#define NETWORK_{macro} {name.upper()}_{macro}" for macro in MACROS)
    reset = f"return {name}_reset(self);" if network.has_state else "(void)self;\n    return 0;"
    return TEMPLATE.format(name=name, header=header, macros=macros, reset=reset, detector=detector_macros(network, has_detector))


def _define_flags() -> None:
    flags.DEFINE_string("plan", None, "plan.json of the network.", required=True)
    flags.DEFINE_string("output", None, "The network.h to write.", required=True)
    flags.DEFINE_bool("detector", False, "Whether the image has the streaming detector (firmware/detector.h).")
    flags.DEFINE_string("header", None, "How network.h includes the network's header; <name>.h if not given.")


def main(argv: list[str]) -> None:
    del argv
    args = flags.FLAGS
    network = read_plan(args.plan)
    partial = Path(f"{args.output}.partial")
    partial.write_text(render(network, args.header or f"{network.name}.h", args.detector), encoding="utf-8")
    os.replace(partial, args.output)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
