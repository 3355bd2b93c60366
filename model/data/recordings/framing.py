"""A recording on the model's grid: so many samples per cycle of the tracked frequency, in per unit, cut into windows.

Purpose: `frame(recording, samples, reference)` resamples each phase, scales it, and tells where its samples lie in the recording.
Frequency: the turning of the fundamental's phasor (IEEE C37.118.1, annex C) of the strongest phase, cycle by cycle; where no phase has
half of its voltage, or the phasor jumps, the last frequency holds. Reference: the median of the one-cycle RMS in the first six cycles
(1 pu before the event), a declared voltage, or the sliding reference of IEC 61000-4-30:2015, 5.4.4 (first-order, time constant of one minute).
"""

import dataclasses
import math

import numpy as np

from model.data import resample
from model.data.recordings.recording import Recording
from model.data.recordings.rms_rule import one_cycle_rms
from tools.errors import UserError

_PRE_EVENT_CYCLES = 6
_SLIDING_S = 60.0
_JUMP_HZ = 2.5
_LIVE_SHARE = 0.5
_DEVIATION_MAX_HZ = 5.0


@dataclasses.dataclass(frozen=True)
class Framed:
    """A recording on the model's grid: `voltage_pu` and `current_pu` [phases, K] (zeros where no current was recorded), and `positions`
    [K] of the samples in the recording; `reference_v` [phases] is what 1 pu began as."""

    recording: Recording
    samples_per_cycle: int
    voltage_pu: np.ndarray
    current_pu: np.ndarray
    positions: np.ndarray
    reference_v: np.ndarray

    def windows(self, phase: int, hop: int) -> np.ndarray:
        """Windows [N, samples_per_cycle, 2] of one phase, `hop` samples from one to the next."""
        both = np.stack([self.voltage_pu[phase], self.current_pu[phase]], axis=-1)
        cut = np.lib.stride_tricks.sliding_window_view(both, self.samples_per_cycle, axis=0)[::hop]
        return np.moveaxis(cut, -1, 1)


def frame(recording: Recording, samples_per_cycle: int, declared_v: float | None = None, sliding: bool = False) -> Framed:
    """`recording` with `samples_per_cycle` per tracked cycle; per unit of `declared_v` (RMS), or of the first six cycles of each phase."""
    voltage = np.stack([phase.voltage for phase in recording.phases])
    turns = _turns(voltage, recording)
    count = int(math.floor((turns[-1] - turns[0]) * samples_per_cycle + 1e-9)) + 1
    positions = np.interp(np.arange(count) / samples_per_cycle, turns - turns[0], np.arange(len(turns), dtype=np.float64))
    at_grid = lambda signals: _resampled(signals, positions, recording.sampling_hz / recording.nominal_hz / samples_per_cycle)  # noqa: E731
    volts = at_grid(voltage)
    start = np.array([np.median(one_cycle_rms(row[:_PRE_EVENT_CYCLES * samples_per_cycle], samples_per_cycle)) for row in volts])
    reference = np.full(len(volts), declared_v) if declared_v else start
    if np.any(reference <= 0):
        raise UserError(f"{recording.name}: a phase is dead in its first six cycles; got {reference.min():g} V, want the voltage before the"
                        " event. Fix: declare the voltage by --declared_v.")
    scale = _sliding(volts, reference, samples_per_cycle, recording.nominal_hz) if sliding else reference[:, None]
    amperes = [np.zeros(voltage.shape[1]) if phase.current is None else phase.current for phase in recording.phases]
    current = at_grid(np.stack(amperes))
    load = np.maximum(_rms(current[:, :_PRE_EVENT_CYCLES * samples_per_cycle]), 1e-9)
    return Framed(recording, samples_per_cycle, volts / scale, np.where(load[:, None] > 1e-8, current / load[:, None], 0.0), positions, reference)


def _rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(values * values, axis=-1))


def _turns(voltage: np.ndarray, recording: Recording) -> np.ndarray:
    """The cycles that have passed at each sample, by the tracked frequency, [M]."""
    rate = recording.sampling_hz / recording.nominal_hz
    length = int(round(rate))
    time = np.arange(voltage.shape[1])
    rotated = voltage * np.exp(-2j * np.pi * time / rate)
    sums = np.cumsum(np.concatenate([np.zeros((len(voltage), 1)), rotated], axis=1), axis=1)
    phasors = (sums[:, length:] - sums[:, :-length]) / length  # of the window that begins here
    live = np.abs(phasors)
    strongest = np.argmax(np.mean(live[:, :4 * length], axis=1))
    phasor, size = phasors[strongest], live[strongest]
    step = max(length, 1)
    turned = np.angle(phasor[step:] * np.conj(phasor[:-step])) / (2 * np.pi) * recording.nominal_hz * rate / step
    trusted = (np.minimum(size[step:], size[:-step]) > _LIVE_SHARE * np.median(size[:4 * length])) & (np.abs(turned) < _JUMP_HZ)
    # What lies beside a jump is moved by it, too.
    known = np.flatnonzero(np.convolve(trusted, np.ones(4 * step + 1), mode="same") > 4 * step + 0.5)
    if not len(known):
        return time / rate
    held = known[np.maximum(np.searchsorted(known, np.arange(len(turned)), side="right") - 1, 0)]
    deviation = np.clip(turned[held], -_DEVIATION_MAX_HZ, _DEVIATION_MAX_HZ)
    smooth = np.convolve(np.pad(deviation, (2 * step, 2 * step), mode="edge"), np.ones(4 * step + 1) / (4 * step + 1), mode="valid")
    whole = np.concatenate([np.full(step, smooth[0]), smooth, np.full(len(time) - len(smooth) - step, smooth[-1])])
    return np.concatenate([[0.0], np.cumsum((1 + whole / recording.nominal_hz)[:-1])]) / rate


def _resampled(signals: np.ndarray, positions: np.ndarray, ratio: float) -> np.ndarray:
    """signals [P, M] at `positions`; a recording of a higher rate is averaged over what one sample of the model spans."""
    width = max(int(round(ratio)), 1)
    if width > 1:
        kernel = np.ones(width) / width
        signals = np.stack([np.convolve(np.pad(row, (width // 2, width - 1 - width // 2), mode="edge"), kernel, mode="valid") for row in signals])
    padded = np.pad(signals, ((0, 0), (resample.LOBES, resample.LOBES)), mode="edge")
    return resample.at(padded, np.clip(positions, 0, signals.shape[1] - 1) + resample.LOBES - 1e-9)


def _sliding(volts: np.ndarray, reference: np.ndarray, samples_per_cycle: int, nominal_hz: float) -> np.ndarray:
    """The sliding reference of each sample, [P, K]: follows the RMS of windows of ten cycles (twelve at 60 Hz) that are no event."""
    block = samples_per_cycle * (10 if nominal_hz < 55 else 12)
    factor = block / samples_per_cycle / nominal_hz / _SLIDING_S
    scale = np.empty_like(volts)
    for row, (values, level) in enumerate(zip(volts, reference)):
        for start in range(0, values.shape[0], block):
            scale[row, start:start + block] = level
            rms = float(_rms(values[start:start + block]))
            if 0.9 * level < rms < 1.1 * level:
                level = (1 - factor) * level + factor * rms
    return scale
