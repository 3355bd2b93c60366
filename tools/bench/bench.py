"""Measures a folder of networks: cycles, bytes and exactness, by network and by layer.

    bazel run //tools:bench -- PATH... [--markdown=FILE] [--json=FILE] [--profiles=zero_wait,...] [--inputs=N]

Inputs: paths of models or of folders with models, relative to where the command was given (models.py says which). Outputs: a
table on stdout or in --markdown, all figures in --json. A network that the compiler refuses is listed with its reason; only
an error of ours makes the command fail. How to read the figures: docs/bench.md.
"""

import dataclasses
import datetime
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.bench import models  # first: it chooses the backend

from absl import flags, logging

from cmsis.compiler.lowering.choose import BALANCED, CMSIS_NN, POLICIES, Policy
from tools import errors
from tools.bench.cmsis_nn import cmsis_nn_kit
from tools.bench.measure import Settings
from tools.bench.published import Published
from tools.bench.results import OURS, THEIRS, Library, Result, measure_all
from tools.bench.table import as_markdown
from tools.link.kit import read_kit
from tools.paths import from_command_line
from tools.sim.timing.profiles import profile_named

LAST_MEASURED = "## Last measured"

_PROFILES = flags.DEFINE_list("profiles", ["zero_wait", "stm32l4r5_120mhz"], "Memory profiles (tools/sim/timing/profiles.py).")
_INPUTS = flags.DEFINE_integer("inputs", 100, "Random inputs whose outputs are compared with TFLite's.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 1, "Seed of random inputs, and of random calibration.", lower_bound=0)
_NN = flags.DEFINE_enum("nn", "edgeplug", ["edgeplug", "cmsis"], "cmsis: CMSIS-NN's figures beside ours; needs --cmsis_nn.")
_POLICIES = flags.DEFINE_multi_enum("policy", [BALANCED], [one for one in POLICIES if one != CMSIS_NN],
                                    "How our kernels are chosen, by what they cost in the last profile; may be repeated.")
_SRAM_BYTES = flags.DEFINE_multi_integer("sram_bytes", [0], "Weights that may lie in SRAM, where that is faster; may be repeated.",
                                         lower_bound=0)
_CMSIS_NN = flags.DEFINE_string("cmsis_nn", None, "Folder with the sources of CMSIS-NN.")
_MARKDOWN = flags.DEFINE_string("markdown", None, "Where the table goes; stdout if not given.")
_PAGE = flags.DEFINE_string("page", None, f"A page whose text below the line `{LAST_MEASURED}` becomes command, date and table.")
_JSON = flags.DEFINE_string("json", None, "Where all figures go.")


def as_json(results: Sequence[Result]) -> str:
    """All figures."""
    return json.dumps([dataclasses.asdict(result) for result in results], indent=2, sort_keys=True, allow_nan=False) + "\n"


def _libraries(folder: Path) -> list[Library]:
    kit = read_kit()
    ours = [Library(f"{OURS}, {kind}{f', {sram_bytes:,} B of SRAM' if sram_bytes else ''}", kit, Policy(kind, None, sram_bytes))
            for kind in dict.fromkeys(_POLICIES.value) for sram_bytes in dict.fromkeys(_SRAM_BYTES.value)]
    if _NN.value == "edgeplug":
        return ours
    if _CMSIS_NN.value is None:
        raise errors.UserError("--nn=cmsis: no sources of CMSIS-NN; got nothing, want --cmsis_nn=FOLDER. "
                               "Fix: clone https://github.com/ARM-software/CMSIS-NN and name that folder")
    return [*ours, Library(THEIRS, cmsis_nn_kit(kit, from_command_line(_CMSIS_NN.value), folder), Policy(CMSIS_NN))]


def updated_page(page: str, argv: Sequence[str], day: datetime.date, table: str) -> str:
    """`page` with what was measured by the command `argv` on `day`."""
    head, found, _ = page.partition(f"{LAST_MEASURED}\n")
    if not found:
        raise errors.UserError(f"--page: no place for the table; got a page without the line {LAST_MEASURED!r}, want one. "
                               "Fix: add the line at the end")
    command = " ".join(["bazel run //tools:bench --", *argv[1:]])
    return f"{head}{found}\nOn {day.isoformat()}, by\n\n    {command}\n\n{table}"


def _write(name: str | None, text: str) -> None:
    if name is None:
        return
    try:
        from_command_line(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise errors.UserError(f"{name}: can't be written; got {error.strerror}, want a file. Fix: check the path") from error


def main(argv: Sequence[str]) -> int:
    logging.set_verbosity(logging.WARNING)  # TensorFlow notes each file of its export
    for profile in _PROFILES.value:
        profile_named(profile)
    if len(argv) < 2:
        raise errors.UserError("bench: no models; got no path, want one. Fix: bazel run //tools:bench -- PATH_OF_MODELS")
    paths = models.find([from_command_line(name) for name in argv[1:]])
    settings = Settings(tuple(_PROFILES.value), _INPUTS.value, _SEED.value)
    with tempfile.TemporaryDirectory() as folder:
        libraries = _libraries(Path(folder))
        results = []
        for path in paths:
            print(f"bench: {path.name}", file=sys.stderr, flush=True)
            results.append(measure_all(path, libraries, settings))
    table = as_markdown(results, settings, Published())
    if _PAGE.value is not None:
        page = from_command_line(_PAGE.value)
        _write(_PAGE.value, updated_page(page.read_text(encoding="utf-8"), sys.argv, datetime.date.today(), table))
    elif _MARKDOWN.value is None:
        print(table)
    _write(_MARKDOWN.value, table)
    _write(_JSON.value, as_json(results))
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    errors.run(main)
