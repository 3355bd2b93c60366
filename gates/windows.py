"""Windows for the gates: choosing them from the pilot set.

Inputs: int labels. Outputs: indices. Non-goals: quantising them (firmware/windows.py), running them (gates/image.py).
"""

import numpy as np

from tools.errors import UserError


def spread_over_classes(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of up to `count` windows, classes in turn, each class from its first window on; sorted.

    Args:
        labels: int [N].
        count: windows wanted; fewer come back when there are fewer.
    """
    rank_in_class = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank_in_class[members] = np.arange(len(members))
    order = np.lexsort((labels, rank_in_class))
    return np.sort(order[:count])


def require_all_classes(labels: np.ndarray, classes: tuple[str, ...]) -> None:
    """Refuses a pilot set that lacks a class: its figures could not be measured.

    Raises:
        UserError: a class without a window.
    """
    counts = np.bincount(labels, minlength=len(classes))
    for name, count in zip(classes, counts):
        if count == 0:
            raise UserError(f"pilot: class {name} has no window; got 0 of {len(labels):,}, want >= 1. "
                            "Fix: generate a pilot set with every class")
