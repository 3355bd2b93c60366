"""Windows for the firmware: choosing them from the pilot set, and quantising them as the int8 model expects.

Inputs: float32 windows in natural units and int labels. Outputs: indices, int8 windows.
Non-goals: running them; see gates/image.py.
"""

import numpy as np

from tools.errors import UserError


def quantize(x: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """int8 of `x` (float32, any shape): round(x / scale) + zero_point, clamped to -128..127.

    As TFLite's QUANTIZE does: the quotient in float32, halves rounded away from zero (NumPy's `round` would
    take them to the even neighbour).

    Raises:
        UserError: `x` has a NaN or an infinity.
    """
    finite = np.isfinite(x)
    if not finite.all():
        raise UserError(f"windows: element {int(np.argmin(finite))} is not finite; got {x.flat[np.argmin(finite)]}, "
                        "want numbers. Fix: regenerate the windows")
    quotient = x.astype(np.float32) / np.float32(scale)
    magnitude = np.floor(np.abs(quotient.astype(np.float64)) + 0.5)  # float64: 0.49999997 + 0.5 must stay below 1
    return np.clip(np.copysign(magnitude, quotient) + zero_point, -128, 127).astype(np.int8)


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
