"""Precision and recall of a classifier, from its confusion matrix.

Inputs: integer labels. Outputs: plain counts and shares, exact quotients of integers in float64, so that the
figures are the same on every machine. Non-goals: thresholds, ROC; the firmware's answer is a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metrics:
    """Shares in 0 to 1; `confusion[t][p]` counts the windows of class t that were called p.

    A class that is never predicted has precision 0: it was not found even once, and a gate must see that.
    A class without a window has recall 0.
    """

    confusion: tuple[tuple[int, ...], ...]
    class_precision: tuple[float, ...]
    class_recall: tuple[float, ...]
    macro_precision: float
    macro_recall: float
    accuracy: float


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts int64 [classes, classes], row = label, column = prediction, of two int arrays [N]."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def metrics(matrix: np.ndarray) -> Metrics:
    """The metrics of a confusion matrix [classes, classes]; macro = the unweighted mean over the classes."""
    right = [int(count) for count in np.diagonal(matrix)]
    class_precision = _shares(right, matrix.sum(axis=0))
    class_recall = _shares(right, matrix.sum(axis=1))
    return Metrics(
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        class_precision=class_precision,
        class_recall=class_recall,
        macro_precision=sum(class_precision) / len(class_precision),
        macro_recall=sum(class_recall) / len(class_recall),
        accuracy=sum(right) / max(int(matrix.sum()), 1),
    )


def _shares(counts: Sequence[int], totals: np.ndarray) -> tuple[float, ...]:
    return tuple(count / int(total) if total else 0.0 for count, total in zip(counts, totals))
