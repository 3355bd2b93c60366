"""Reference answers: windows of the pilot set and the scores that TFLite's reference kernels give them.

Purpose: one cached file for the functional tests of all environments. Format: .npz of numpy.savez, windows int8
[N, input bytes] as the firmware takes them, scores int8 [N, classes]. Errors: UserError naming the file.
Non-goals: making them; see make_answers.py.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.errors import UserError


@dataclass(frozen=True)
class Answers:
    """Windows int8 [N, input bytes] and scores int8 [N, classes]."""

    windows: np.ndarray
    scores: np.ndarray

    def first(self, count: int) -> "Answers":
        """The first `count` of them."""
        return Answers(self.windows[:count], self.scores[:count])

    def difference(self, other: "Answers") -> str | None:
        """How the scores of `other`, for the same windows, differ from these; None if they don't."""
        if other.scores.shape != self.scores.shape:
            return f"scores have another shape; got {other.scores.shape}, want {self.scores.shape}"
        differing = np.flatnonzero((other.scores != self.scores).any(axis=1))
        if len(differing) == 0:
            return None
        first = differing[0]
        return (f"{len(differing)} of {len(self.scores)} windows differ from TFLite's reference kernels; window {first}: "
                f"got {other.scores[first].tolist()}, want {self.scores[first].tolist()}")


def read_answers(path: str) -> Answers:
    """The answers in `path`.

    Raises:
        UserError: no such file, or something else in it.
    """
    try:
        with np.load(path) as arrays:
            answers = Answers(arrays["windows"], arrays["scores"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{Path(path).name}: holds no reference answers; got {type(error).__name__}: {error}, want an .npz with "
                        "windows and scores. Fix: build it with reference_answers") from error
    shapes = (answers.windows.shape, answers.scores.shape)
    types = {answers.windows.dtype.name, answers.scores.dtype.name}
    if types != {"int8"} or [len(shape) for shape in shapes] != [2, 2] or len({shape[0] for shape in shapes}) != 1:
        raise UserError(f"{Path(path).name}: holds no reference answers; got {sorted(types)} of shapes {shapes}, want int8 "
                        "[N, input bytes] and [N, classes]. Fix: build it with reference_answers")
    return answers
