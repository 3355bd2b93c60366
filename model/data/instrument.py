"""What an instrument makes of a signal: noise, offset, a clipped sensor, a coarse converter, lost samples, a low sampling rate.

Purpose: recorders in the field sample 16 to 512 times a cycle, with 8 to 16 bits; a network that has only met ideal ones fails there.
Units: pu of the declared RMS value. Arrays [N, M]: N windows, M samples at the recorder's own rate. Bits are the same on every CPU.
"""

import dataclasses

import numpy as np

from model.data import resample
from model.data.portable import decibel_to_ratio, exp2
from model.spec import Ranges

# Samples per cycle of recorders (from the model's own down), and how often each is drawn.
_RATES = (128, 96, 64, 48, 32, 24, 20, 16)
_RATE_SHARES = (0.6, 0.05, 0.08, 0.09, 0.05, 0.05, 0.04, 0.04)
_LOSING_FRACTION = 0.02
_LOST_MAX = 4
_MARGIN = resample.LOBES + 1  # samples beyond the window that interpolation and a shifted grid need


@dataclasses.dataclass(frozen=True)
class Recorder:
    """A sampling grid: `rate` samples per cycle at the instants `time_cycles` [M], and `positions` [K] of the model's samples on it;
    none where the rates are the same."""

    rate: int
    time_cycles: np.ndarray
    positions: np.ndarray | None

    def resampled(self, signals: np.ndarray) -> np.ndarray:
        """signals [N, M] on the model's grid, [N, K]."""
        return signals if self.positions is None else resample.at(signals, self.positions)


def choose_recorder(samples: int, rng: np.random.Generator) -> Recorder:
    """A recorder for a model of `samples` per cycle; a slower one samples at any shift against the window."""
    rate = int(rng.choice(_RATES, p=_RATE_SHARES)) * samples // max(_RATES)
    shift = rng.random()
    if rate == samples:
        return Recorder(rate, np.arange(samples) / samples, None)
    grid = np.arange(-_MARGIN, rate + _MARGIN)
    return Recorder(rate, (grid + shift) / rate, np.arange(samples) * rate / samples + _MARGIN - shift)


@dataclasses.dataclass(frozen=True)
class Sensor:
    """One column [N, 1] per property: noise (standard deviation), offset, clipping level and converter step in pu, and the first lost
    sample and how many."""

    noise_pu: np.ndarray
    offset_pu: np.ndarray
    clip_pu: np.ndarray
    step_pu: np.ndarray
    lost_from: np.ndarray
    lost: np.ndarray

    def clip(self, signals: np.ndarray) -> np.ndarray:
        """signals [N, M] within the sensor's reach."""
        return np.clip(signals, -self.clip_pu, self.clip_pu)

    def record(self, signals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """signals [N, M] as recorded."""
        noisy = self.clip(signals + rng.standard_normal(signals.shape) * self.noise_pu + self.offset_pu)
        stepped = np.rint(noisy / self.step_pu) * self.step_pu
        start = np.floor(self.lost_from * (signals.shape[1] - _LOST_MAX - 1)).astype(np.int64) + 1
        index = np.arange(signals.shape[1])[None, :]
        held = np.where((index >= start) & (index < start + self.lost), start - 1, index)
        return np.take_along_axis(stepped, held, axis=1)


def draw_sensor(ranges: Ranges, count: int, bandwidth: float, rng: np.random.Generator) -> Sensor:
    """Sensors for `count` windows. Noise is relative to the declared value, so that a dead line is as noisy as a live one, and white: a
    slower recorder's filter passes the share `bandwidth` of its power."""
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    lost = rng.integers(1, _LOST_MAX + 1, size=(count, 1)) * (rng.random((count, 1)) < _LOSING_FRACTION)
    noise_pu = np.sqrt(bandwidth) / decibel_to_ratio(uniform(ranges.snr_db))
    return Sensor(noise_pu, uniform(ranges.dc_offset_pu), uniform(ranges.clip_pu),
                  exp2(-uniform(ranges.converter_bits)) * ranges.clip_pu[1] * 2, rng.random((count, 1)), lost)
