"""Compiles an int8 .tflite model into a C99 library.

Inputs: --model (.tflite), --spec (its name and classes), --policy (lowering/lower.py). Outputs: --source, --header, --plan (contents: README.md).
Errors: UserError, printed without a traceback; then nothing is written.
"""

from pathlib import Path

from absl import flags

from cmsis.compiler.compiler import compile_model
from cmsis.compiler.lowering.lower import BALANCED, POLICIES
from model import spec as specs
from tools import errors

_MODEL = flags.DEFINE_string("model", None, "Int8 model, .tflite.", required=True)
_SPEC = flags.DEFINE_string("spec", None, "The network's spec, .yaml.", required=True)
_SOURCE = flags.DEFINE_string("source", None, "C source to write.", required=True)
_HEADER = flags.DEFINE_string("header", None, "C header to write.", required=True)
_POLICY = flags.DEFINE_enum("policy", BALANCED, POLICIES, "How kernels are chosen.")
_PLAN = flags.DEFINE_string("plan", None, "Plan to write, .json.", required=True)


def main(argv) -> None:
    """Reads the flags' files, compiles, writes."""
    del argv
    spec = specs.load(_SPEC.value)
    try:
        data = Path(_MODEL.value).read_bytes()
    except OSError as error:
        raise errors.UserError(f"{_MODEL.value}: can't be read; got {error.strerror}, want a .tflite file."
                               " Fix: check --model") from error
    try:
        library = compile_model(data, spec.name, tuple(spec.classes), Path(_HEADER.value).name,
                                _POLICY.value)
    except errors.UserError as error:
        raise errors.UserError(f"{_MODEL.value}: {error}") from error
    for path, text in ((_SOURCE.value, library.source), (_HEADER.value, library.header), (_PLAN.value, library.plan)):
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
