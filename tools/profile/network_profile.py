"""Profiles one inference of an image: cycles by layer and cause, in the board's own profile and with zero wait states.

Inputs: the flags of tools/trace/subject.py. Outputs: --json; --table (text);
--flame_graph (SVG) of the board's profile; --speedscope (JSON). How to read them: docs/profiling.md.
Non-goals: the slowest input; gates/timing searches for it.
"""

import json
import os
from pathlib import Path
from typing import Any

from absl import flags

from tools import errors
from tools.profile.flame_graph import as_svg
from tools.profile.layers import Profile, profile_call
from tools.profile.speedscope import as_speedscope
from tools.profile.table import as_table
from tools.trace import subject

_REFERENCE = "zero_wait"


def profiles_of(what: subject.Subject) -> tuple[str, int, list[Profile]]:
    """The network's name, the clock in Hz, and the inference's profiles, the board's own first."""
    profiles = []
    for timing in dict.fromkeys((what.profile, _REFERENCE)):
        booted = what.boot(timing)
        profiles.append(profile_call(booted.machine, timing, f"{booted.name}_run", what.layers, booted.run))
    return booted.name, booted.clock_hz, profiles


def outputs(what: subject.Subject, window: int) -> dict[str, str]:
    """The contents of all output files, by the name of their flag."""
    name, clock_hz, profiles = profiles_of(what)
    content = {"network": name, "window": window, "clock_hz": clock_hz,
               "profiles": {profile.timing: profile.as_dict() for profile in profiles}}
    heading = f"{name}: one inference, window {window} of the pilot set\n\n"
    return {
        "json": _json(content),
        "table": heading + "\n".join(as_table(profile, clock_hz) for profile in profiles),
        "flame_graph": as_svg(name, profiles[0]),
        "speedscope": _json(as_speedscope(name, profiles)),
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _write(path: str, text: str) -> None:
    partial = Path(path + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _define_flags() -> None:
    subject.define_flags()
    flags.DEFINE_string("json", None, "JSON to write", required=True)
    flags.DEFINE_string("table", None, "text to write", required=True)
    flags.DEFINE_string("flame_graph", None, "SVG to write", required=True)
    flags.DEFINE_string("speedscope", None, "speedscope's JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    for flag, text in outputs(subject.from_flags(), args.window).items():
        _write(args[flag].value, text)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
