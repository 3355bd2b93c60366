"""The physical constraint: what may happen to a mains waveform without changing what it is.

Purpose: a change of a window [length, channels], one mains cycle in per unit, is made only of directions that
instruments and grids know: a scaled amplitude, a DC offset, added low-order harmonics, band-limited noise. Budgets per
channel:
- the whole change stays within `max_change_pu` at every sample (L-infinity);
- amplitude and harmonics together stay within LABEL_MARGIN_PU in RMS. Classes are told apart by RMS and by harmonic
  content before noise and offset, and model/data/labels.py leaves out windows nearer than that to a threshold. So, by
  the triangle inequality, no change alters the true class.
Inputs: windows and coefficients, NumPy. Outputs: changes in pu.
Non-goals: three-phase effects, events inside the window.

Coefficients and directions lie on binary grids. Every product is then an integer multiple of 2^-32 and every sum of
products is exact in float64, so that no machine's order of summation can change a bit.
"""

import math
from dataclasses import dataclass

import numpy as np

from model.data.labels import UNCERTAINTY_PU
from model.data.portable import cos_turns, sin_turns
from tools.errors import UserError

LABEL_MARGIN_PU = UNCERTAINTY_PU
HARMONIC_ORDERS = (2, 3, 5, 7, 11, 13)
# Above the harmonics, and up to where the anti-aliasing filter of a 128-sample front end begins to close.
NOISE_ORDERS = tuple(range(14, 41))
# Rows of the directions, by kind.
_HARMONIC_ROWS, _NOISE_ROWS = 2 * len(HARMONIC_ORDERS), 2 * len(NOISE_ORDERS)
KINDS = {
    "offset": slice(0, 1),
    "harmonics": slice(1, 1 + _HARMONIC_ROWS),
    "noise": slice(1 + _HARMONIC_ROWS, 1 + _HARMONIC_ROWS + _NOISE_ROWS),
}
_DIRECTION_BITS = 12
_COEFFICIENT_BITS = 20
# What rounding the coefficients to their grid can add to a sample; taken off the budgets.
_SLACK_PU = 2.0 ** -14


def on_grid(values: np.ndarray, bits: int) -> np.ndarray:
    """`values` rounded to multiples of 2^-bits, float64."""
    return np.ldexp(np.round(np.ldexp(np.asarray(values, np.float64), bits)), -bits)


def _directions(length: int) -> np.ndarray:
    """Directions float64 [D, length] of one channel, peak 1: offset, then sine and cosine of each order."""
    turns = np.array(HARMONIC_ORDERS + NOISE_ORDERS)[:, None] * np.arange(length) / length
    waves = np.stack([sin_turns(turns), cos_turns(turns)], axis=1)
    return on_grid(np.concatenate([np.ones((1, length)), waves.reshape(-1, length)]), _DIRECTION_BITS)


@dataclass(frozen=True)
class Change:
    """Coefficients of N changes.

    Attributes:
        amplitude: float64 [N, channels], the share of the window itself that is added.
        weights: float64 [N, directions, channels] in pu, for the rows of `directions`.
    """

    amplitude: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Constraint:
    """Budgets and directions for windows of one length.

    Attributes:
        max_change_pu: the largest change of a sample.
        directions: float64 [D, length] on the direction grid.
    """

    max_change_pu: float
    directions: np.ndarray

    @staticmethod
    def of(length: int, max_change_pu: float) -> "Constraint":
        """The constraint for windows [length, channels] of one mains cycle; UserError if the noise doesn't fit into it."""
        if length <= 2 * NOISE_ORDERS[-1]:
            raise UserError(f"adversarial: windows are too short for the changes tried on them; got {length} samples, want "
                            f"more than {2 * NOISE_ORDERS[-1]}. Fix: drop gates.adversarial from the spec")
        return Constraint(max_change_pu, _directions(length))

    def none(self, windows: np.ndarray) -> Change:
        """No change, for windows [N, length, channels]."""
        count, _, channels = windows.shape
        return Change(np.zeros((count, channels)), np.zeros((count, len(self.directions), channels)))

    def delta(self, change: Change, windows: np.ndarray) -> np.ndarray:
        """What `change` adds to `windows`, float64 [N, length, channels] in pu."""
        return change.amplitude[:, None, :] * windows.astype(np.float64) + self._combine(change.weights)

    def ascend(self, change: Change, gradient: np.ndarray, windows: np.ndarray, step: float) -> Change:
        """One step uphill, projected back into the budgets.

        Each coefficient moves by its slope, weighed with its budget so that units don't matter; the most rewarding
        one of a window and channel moves by `step` of its budget.

        Args:
            change: where the ascent stands.
            gradient: float [N, length, channels], of what is to grow, with respect to the windows.
            windows: float32 [N, length, channels], unchanged.
            step: 0 to 1.
        """
        exact = _block_fixed_point(gradient)
        budget = np.full((len(self.directions), 1), self.max_change_pu)
        budget[KINDS["harmonics"]] = LABEL_MARGIN_PU * math.sqrt(2)  # the peak of a sine of that RMS
        amplitude = (exact * _block_fixed_point(windows)).sum(axis=1) * LABEL_MARGIN_PU
        weights = np.einsum("dl,nlc->ndc", self.directions, exact) * budget
        best = np.maximum(np.abs(weights).max(axis=1), np.abs(amplitude))
        scale = step / np.where(best > 0, best, 1)
        return self.project(Change(change.amplitude + LABEL_MARGIN_PU * scale * amplitude,
                                   change.weights + budget * scale[:, None, :] * weights), windows)

    def project(self, change: Change, windows: np.ndarray) -> Change:
        """The change, scaled down per window and channel until it keeps the budgets."""
        harmonics = KINDS["harmonics"]
        label_rms = (np.abs(change.amplitude) * _rms(windows.astype(np.float64))
                     + _rms(self._combine(change.weights, harmonics)))
        keep = np.minimum(1, (LABEL_MARGIN_PU - _SLACK_PU) / np.maximum(label_rms, _SLACK_PU))
        amplitude, weights = change.amplitude * keep, change.weights.copy()
        weights[:, harmonics] *= keep[:, None, :]
        peak = np.abs(self.delta(Change(amplitude, weights), windows)).max(axis=1)
        keep = np.minimum(1, (self.max_change_pu - _SLACK_PU) / np.maximum(peak, _SLACK_PU))
        return Change(on_grid(amplitude * keep, _COEFFICIENT_BITS),
                      on_grid(weights * keep[:, None, :], _COEFFICIENT_BITS))

    def _combine(self, weights: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
        return np.einsum("ndc,dl->nlc", on_grid(weights[:, rows], _COEFFICIENT_BITS), self.directions[rows])


def _block_fixed_point(values: np.ndarray) -> np.ndarray:
    """`values` [N, length, channels], each window rounded to 20 bits below its largest magnitude."""
    values = np.asarray(values, np.float64)
    _, exponent = np.frexp(np.abs(values).max(axis=(1, 2), keepdims=True))
    return np.ldexp(np.round(np.ldexp(values, 20 - exponent)), exponent - 20)


def _rms(values: np.ndarray) -> np.ndarray:
    """Root mean square over the samples of [N, length, channels]."""
    return np.sqrt(np.square(values).sum(axis=1) / values.shape[1])
