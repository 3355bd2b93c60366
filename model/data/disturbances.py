"""What a grid adds to the fundamental: harmonics, interharmonics, notches, transients, the ringing of a dead line.

Equations: harmonics and oscillatory transient as in Igual, Medrano, Arcega, Mantescu, "Integral mathematical model of power quality
disturbances", ICHQP 2018; impulsive transient as a double exponential (IEEE 1159-2019, 4.4.1; IEC 60060-1); commutation notches of a
six-pulse converter (IEEE 519-2014, 3.1 and annex C). Units: relative to the fundamental's amplitude, or pu where the name says so.
Arrays [N, M]: N windows, M instants; phase in turns.
"""

import numpy as np

from model.data.portable import cos_turns, exp, sin_turns
from model.spec import Ranges

HARMONIC_ORDERS = (2, 3, 4, 5, 7, 9, 11, 13, 17, 19, 23, 25)
# Even orders are small in a real grid (EN 50160, table 1): their share of the distortion relative to odd ones.
_EVEN_SHARE = 0.25
# A recorder's anti-aliasing filter passes this part of its sampling rate (IEC 60255-24 asks for less than half).
_PASSED = 0.4
_NOTCHES_PER_CYCLE = 6
_NOTCHES_FROM_RATE = 64
_NOTCHED_FRACTION = 0.06
_RINGING_FRACTION = 0.25


def distortion(phase: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """A sum of harmonics of random shares and phases with amplitudes of root sum square 1, those that a recorder of `rate` samples per
    cycle passes."""
    count = len(phase)
    shares = rng.random((count, len(HARMONIC_ORDERS)))
    # Shares fall with the order, as those of rectifiers do, and few orders dominate (squared draw).
    shares = shares * shares * [(_EVEN_SHARE if order % 2 == 0 else 1.0) / order * (order < _PASSED * rate) for order in HARMONIC_ORDERS]
    shares = shares / np.sqrt(np.sum(shares * shares, axis=1, keepdims=True))
    offsets = rng.random((count, len(HARMONIC_ORDERS)))
    total = np.zeros_like(phase)
    for index, order in enumerate(HARMONIC_ORDERS):
        if order < _PASSED * rate:
            total = total + shares[:, index, None] * sin_turns(order * phase + offsets[:, index, None])
    return total


def notches(ranges: Ranges, phase: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Commutation notches, in one of sixteen windows, and their distortion [N, 1]: what is no fundamental in them. The filter of a slow
    recorder leaves nothing of them."""
    count = len(phase)
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    depth = uniform(ranges.notch_depth) * (rng.random((count, 1)) < _NOTCHED_FRACTION) * (rate >= _NOTCHES_FROM_RATE)
    place = _NOTCHES_PER_CYCLE * phase + rng.random((count, 1))
    missing = -depth * ((place - np.floor(place)) < uniform(ranges.notch_width_turns) * _NOTCHES_PER_CYCLE) * sin_turns(phase)
    sine, cosine = sin_turns(phase), cos_turns(phase)
    mean = lambda values: np.sum(values, axis=1, keepdims=True) / values.shape[1]  # noqa: E731
    rest = missing - 2 * mean(missing * sine) * sine - 2 * mean(missing * cosine) * cosine
    return missing, np.sqrt(2 * mean(rest * rest))


def interharmonic(ranges: Ranges, count: int, time_cycles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One tone beside the harmonics in each of `count` windows, amplitudes in pu (IEC 61000-2-2: mains signalling, converters)."""
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    return uniform(ranges.interharmonic_pu) * sin_turns(uniform(ranges.interharmonic_order) * time_cycles[None, :] + rng.random((count, 1)))


def ringing(ranges: Ranges, count: int, time_cycles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a line without a source still shows: the decaying swing of its capacitance with reactors and transformers, below and above
    the mains frequency (Bollen 2000, chapter 2; measured examples: any record of a tripped line)."""
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    peak = uniform(ranges.ringing_pu) * (rng.random((count, 1)) < _RINGING_FRACTION)
    swing = sin_turns(uniform(ranges.ringing_order) * time_cycles[None, :] + rng.random((count, 1)))
    return peak * swing * exp(-np.maximum(time_cycles[None, :], 0) / uniform((0.5, 20)))


def fundamental(signals: np.ndarray) -> np.ndarray:
    """RMS of the first harmonic of one cycle, signals [N, M] -> [N]."""
    turns = np.arange(signals.shape[1]) / signals.shape[1]
    share = lambda wave: 2 * np.sum(signals * wave, axis=1) / signals.shape[1]  # noqa: E731
    sine, cosine = share(sin_turns(turns)), share(cos_turns(turns))
    return np.sqrt(0.5 * (sine * sine + cosine * cosine))


def transient(ranges: Ranges, nominal_hz: np.ndarray, time_cycles: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """An oscillatory or impulsive transient, half of the windows each, in pu; an oscillation that the recorder's filter stops is none."""
    count = len(nominal_hz)
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    oscillatory = rng.random((count, 1)) < 0.5
    sign = np.where(rng.random((count, 1)) < 0.5, 1.0, -1.0)
    since_ms = np.maximum(time_cycles[None, :] - uniform(ranges.transient_onset_cycles), 0) * 1000 / nominal_hz
    hz = uniform(ranges.oscillatory_hz)
    ringing_pu = uniform(ranges.oscillatory_peak_pu) * exp(-since_ms / uniform(ranges.oscillatory_decay_ms)) \
        * sin_turns(hz * since_ms / 1000) * (hz < _PASSED * rate * nominal_hz)
    decay_ms, rise_ms = uniform(ranges.impulsive_decay_ms), uniform(ranges.impulsive_rise_ms)
    impulse = exp(-since_ms / decay_ms) - exp(-since_ms / rise_ms)
    peak = np.max(impulse, axis=1, keepdims=True)
    impulse = uniform(ranges.impulsive_peak_pu) * impulse / np.maximum(peak, 1e-3)
    return sign * np.where(oscillatory, ringing_pu, impulse)
