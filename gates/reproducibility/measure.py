"""Compares the artifacts of two builds, byte for byte.

Inputs: two lists of files in the same order: data set, pilot set, weights, int8 model, C, ELF, image.
Outputs: JSON: {"artifacts": [{"name", "distinct", "first", "second", "difference"}]}; a difference has the offset and both bytes, the
place in the format's own words, a report by section of an ELF, and the machine.
Non-goals: the verdict (judge.py), and building; whoever names the files has built them.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

from absl import flags

from gates import measurement
from gates.reproducibility import places
from tools import errors

_CHUNK_BYTES = 1 << 20


def compare(first: list[str], second: list[str]) -> dict[str, Any]:
    """The measurement of two lists of paths.

    Raises:
        errors.UserError: the lists differ in length, or a file is missing.
    """
    if len(first) != len(second):
        raise errors.UserError(f"reproducibility: the two builds don't pair up; got {len(first)} and {len(second)} "
                               "artifacts, want the same count. Fix: name each artifact of --first in --second")
    return {"artifacts": [_compare(Path(a), Path(b)) for a, b in zip(first, second)]}


def _compare(first: Path, second: Path) -> dict[str, Any]:
    for path in (first, second):
        if not path.is_file():
            raise errors.UserError(f"reproducibility: {path.name}: is missing; got no file, want one per build. "
                                   "Fix: build it before it is compared")
    return {
        "name": first.name,
        # A build that was taken from the first one's cache entry, or linked to it, proves nothing.
        "distinct": not os.path.samefile(first, second),
        "first": digest(first),
        "second": digest(second),
        "difference": _difference(first, second),
    }


def _difference(first: Path, second: Path) -> dict[str, Any] | None:
    """first_difference(), with what the format says about it, and on which machine this was found."""
    difference = first_difference(first, second)
    if difference is None:
        return None
    contents = first.read_bytes(), second.read_bytes()
    return {**difference, "place": places.first_place(first.name, *contents), "report": places.report(first.name, *contents),
            "environment": places.environment()}


def digest(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": sha256, "bytes": path.stat().st_size}


def first_difference(first: Path, second: Path) -> dict[str, Any] | None:
    """Where two files begin to differ, with both bytes; None when they are equal."""
    offset_bytes = 0
    with first.open("rb") as a, second.open("rb") as b:
        while True:
            left, right = a.read(_CHUNK_BYTES), b.read(_CHUNK_BYTES)
            if left != right:
                index = _common_prefix(left, right)
                return {"offset_bytes": offset_bytes + index, "first": _byte(left, index), "second": _byte(right, index)}
            if not left:
                return None
            offset_bytes += len(left)


def _common_prefix(left: bytes, right: bytes) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))


def _byte(data: bytes, index: int) -> str:
    return f"0x{data[index]:02x}" if index < len(data) else "end of file"


def _define_flags() -> None:
    flags.DEFINE_list("first", None, "artifacts of the first build", required=True)
    flags.DEFINE_list("second", None, "the same artifacts of the second build, in the same order", required=True)
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    measurement.write(flags.FLAGS.output, compare(flags.FLAGS.first, flags.FLAGS.second))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
