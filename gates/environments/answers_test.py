"""Reference answers: what is compared, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from gates.environments.answers import Answers, read_answers
from tools.errors import UserError

WINDOWS, SCORES = np.arange(12, dtype=np.int8).reshape(3, 4), np.array([[1, 2], [3, 4], [-5, 6]], np.int8)


def test_equal_scores_do_not_differ() -> None:
    assert Answers(WINDOWS, SCORES).difference(Answers(WINDOWS, SCORES.copy())) is None


def test_one_score_that_is_off_by_one_is_named() -> None:
    other = SCORES.copy()
    other[1, 0] += 1
    assert Answers(WINDOWS, SCORES).difference(Answers(WINDOWS, other)) == (
        "1 of 3 windows differ from TFLite's reference kernels; window 1: got [4, 4], want [3, 4]")


def test_missing_scores_are_a_difference() -> None:
    answers = Answers(WINDOWS, SCORES)
    assert answers.difference(answers.first(2)) == "scores have another shape; got (2, 2), want (3, 2)"


def test_they_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "answers.npz"
    np.savez(path, windows=WINDOWS, scores=SCORES)
    answers = read_answers(str(path))
    assert np.array_equal(answers.windows, WINDOWS) and np.array_equal(answers.scores, SCORES)


@pytest.mark.parametrize(("arrays", "complaint"), [
    ({"windows": WINDOWS}, "answers.npz: holds no reference answers; got KeyError"),
    ({"windows": WINDOWS, "scores": SCORES.astype(np.float32)}, r"got \['float32', 'int8'\] of shapes"),
    ({"windows": WINDOWS[:2], "scores": SCORES}, r"of shapes \(\(2, 4\), \(3, 2\)\), want int8"),
    ({"windows": WINDOWS[0], "scores": SCORES}, r"of shapes \(\(4,\), \(3, 2\)\), want int8"),
])
def test_anything_else_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str) -> None:
    np.savez(tmp_path / "answers.npz", **arrays)
    with pytest.raises(UserError, match=complaint):
        read_answers(str(tmp_path / "answers.npz"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none.npz: holds no reference answers; got FileNotFoundError"):
        read_answers(str(tmp_path / "none.npz"))
