"""Writes the golden files of emitter_test.py anew: bazel run //cmsis/compiler:update_golden

Inputs: the small network of cmsis/testing. Outputs: the files in testdata/, in the workspace that ran the command.
"""

import os
from pathlib import Path

from cmsis.compiler.compiler import compile_model
from cmsis.testing import small_models
from tools import errors

GOLDEN = "cmsis/compiler/testdata"
_CLASSES = ("calm", "sag", "swell", "else")


def golden_texts() -> tuple[tuple[str, str], ...]:
    """Returns names and texts of the golden files."""
    library = compile_model(small_models.network(), "small", _CLASSES, "small.h")
    return (("small.c", library.source), ("small.h", library.header), ("small.json", library.plan), ("small.svg", library.picture))


def main(argv) -> None:
    """Writes the files."""
    del argv
    folder = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / GOLDEN
    folder.mkdir(exist_ok=True)
    for name, text in golden_texts():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
