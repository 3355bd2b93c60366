"""Compiles an int8 .tflite model into a C99 library.

Inputs: --model (.tflite), --spec (its name, classes and policy), --costs (of //cmsis/costs:measure; without them kernels are
chosen by rule), --policy (instead of the spec's). Outputs: --source, --header, --plan, --picture (contents: README.md).
Errors: UserError, printed without a traceback; then nothing is written.
"""

from pathlib import Path

from absl import flags

from cmsis.compiler.compiler import compile_model
from cmsis.compiler.lowering import costs
from cmsis.compiler.lowering.choose import POLICIES, Policy
from model import spec as specs
from tools import errors

_MODEL = flags.DEFINE_string("model", None, "Int8 model, .tflite.", required=True)
_SPEC = flags.DEFINE_string("spec", None, "The network's spec, .yaml.", required=True)
_SOURCE = flags.DEFINE_string("source", None, "C source to write.", required=True)
_HEADER = flags.DEFINE_string("header", None, "C header to write.", required=True)
_POLICY = flags.DEFINE_enum("policy", None, POLICIES, "How kernels are chosen, whatever the spec says.")
_COSTS = flags.DEFINE_string("costs", None, "What the kernels cost, .json.")
_PLAN = flags.DEFINE_string("plan", None, "Plan to write, .json.", required=True)
_PICTURE = flags.DEFINE_string("picture", None, "Picture of the plan to write, .svg.")


def _read(path: str, what: str, flag: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise errors.UserError(f"{path}: can't be read; got {error.strerror}, want {what}. Fix: check {flag}") from error


def main(argv) -> None:
    """Reads the flags' files, compiles, writes."""
    del argv
    spec = specs.load(_SPEC.value)
    data = _read(_MODEL.value, "a .tflite file", "--model")
    measured = costs.from_json(_read(_COSTS.value, "the JSON of //cmsis/costs:measure", "--costs").decode()) if _COSTS.value else None
    policy = Policy(_POLICY.value or spec.compiler.policy, spec.compiler.flash_bytes, spec.compiler.sram_bytes)
    try:
        library = compile_model(data, spec.name, tuple(spec.classes), Path(_HEADER.value).name, policy, measured)
    except errors.UserError as error:
        raise errors.UserError(f"{_MODEL.value}: {error}") from error
    for path, text in ((_SOURCE.value, library.source), (_HEADER.value, library.header), (_PLAN.value, library.plan),
                       *([(_PICTURE.value, library.picture)] if _PICTURE.value else [])):
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
