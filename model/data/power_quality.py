"""Synthetic windows of voltage and current with power-quality events, from parametric equations.

Purpose: `draw(ranges, count, samples, rng)` gives clean waveforms, measured waveforms and the parameters that label them.
Equations: sag, swell, interruption, harmonics and oscillatory transient as in Igual, Medrano, Arcega, Mantescu, "Integral
mathematical model of power quality disturbances", ICHQP 2018; impulsive transient as a double exponential (IEEE 1159-2019,
4.4.1; IEC 60060-1); typical magnitudes, durations and spectra from IEEE 1159-2019, table 2. Several may overlap in a window.
Units: per unit (pu) of the declared RMS value (a 1 pu sine peaks at sqrt 2), time in nominal cycles, phase in turns.
Non-goals: network simulation, three phases. All bits are the same on every CPU (portable.py).
"""

import dataclasses
import math

import numpy as np

from model.checks import NOMINAL_HZ
from model.data.portable import cos_turns, decibel_to_ratio, exp, rms, sin_turns
from model.spec import Ranges

HARMONIC_ORDERS = (2, 3, 4, 5, 7, 9, 11, 13, 17, 19, 23, 25)
# Even orders are small in a real grid (EN 50160, table 1): their share of the distortion relative to odd ones.
_EVEN_SHARE = 0.25
_KINDS = ("interruption", "sag", "swell", "transient", "harmonics", "normal")
# Shares of the kinds drawn, such that the labels come out about even: a window that is only partly interrupted is a sag.
_KIND_SHARES = (0.34, 0.08, 0.1, 0.18, 0.15, 0.15)
# IEEE 1159-2019, table 2: sags, swells and interruptions last half a cycle or more.
_SHORTEST_CYCLES = 0.5
# Part of the sags, swells and interruptions that also carry a transient or strong harmonics.
_COMPOUND_FRACTION = 0.2


@dataclasses.dataclass(frozen=True)
class Windows:
    """Drawn windows: `measured` float64 [N, samples, 2] (voltage, current) with noise and offset; per window the facts that
    label it: `rms_pu` of the clean voltage, `thd` as put in, `amplitude_pu` of the fundamental, `transient` added or not."""

    measured: np.ndarray
    rms_pu: np.ndarray
    thd: np.ndarray
    amplitude_pu: np.ndarray
    transient: np.ndarray


def draw(ranges: Ranges, count: int, samples: int, rng: np.random.Generator) -> Windows:
    """`count` windows of one nominal cycle, `samples` each, of all kinds of events."""
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731 (one column per window)
    kind = rng.choice(len(_KINDS), p=_KIND_SHARES, size=(count, 1))
    compound = rng.random((count, 1)) < _COMPOUND_FRACTION
    nominal_hz = rng.choice(NOMINAL_HZ, size=(count, 1))
    speed = 1 + uniform(ranges.frequency_deviation_hz) / nominal_hz
    time_cycles = np.arange(samples)[None, :] / samples
    phase = rng.random((count, 1)) + speed * time_cycles

    amplitude = uniform(ranges.amplitude_pu)
    envelope = amplitude * _envelope(ranges, kind, amplitude, time_cycles, rng)
    strong = _is(kind, "harmonics") | (compound & (rng.random((count, 1)) < 0.5) & (kind < 3))
    thd = np.where(strong, uniform(ranges.harmonics_thd), uniform(ranges.background_thd))
    transient_added = _is(kind, "transient") | (compound & ~strong & (kind < 3))
    transient = transient_added * _transient(ranges, nominal_hz, time_cycles, rng)

    voltage = math.sqrt(2) * envelope * (sin_turns(phase) + thd * _distortion(phase, rng)) + transient
    current = _current(ranges, phase, envelope, thd, transient, rng)
    noise_ratio = 1 / decibel_to_ratio(uniform(ranges.snr_db))
    measured = np.stack([_measure(voltage, noise_ratio, uniform(ranges.dc_offset_pu), rng),
                         _measure(current, noise_ratio, uniform(ranges.dc_offset_pu), rng)], axis=-1)
    return Windows(measured, rms(voltage), thd[:, 0], amplitude[:, 0], transient_added[:, 0])


def _is(kind: np.ndarray, name: str) -> np.ndarray:
    return kind == _KINDS.index(name)


def _envelope(ranges: Ranges, kind: np.ndarray, amplitude: np.ndarray, time_cycles: np.ndarray,
              rng: np.random.Generator) -> np.ndarray:
    """The fundamental relative to its amplitude before the event: 1 outside the event, its level inside.

    The event covers the window in half of the cases; else it starts or ends inside the window, or lasts half a cycle or more
    from its onset in the window on."""
    count = len(kind)
    level = np.select(
        [_is(kind, "interruption"), _is(kind, "sag"), _is(kind, "swell")],
        [rng.uniform(*bounds, size=(count, 1)) / amplitude
         for bounds in (ranges.interruption_level_pu, ranges.sag_level_pu, ranges.swell_level_pu)],
        1.0)
    shape = rng.integers(6, size=(count, 1))
    begun = np.where((shape == 4), rng.uniform(-1, -_SHORTEST_CYCLES, size=(count, 1)), 0.0)
    onset = np.where((shape == 3) | (shape == 5), rng.random((count, 1)), begun)
    end = np.where(shape >= 4, onset + _SHORTEST_CYCLES + 0.5 * rng.random((count, 1)), 1.0)
    inside = (time_cycles >= onset) & (time_cycles < end)
    return np.where(inside, level, 1.0)


def _distortion(phase: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sum of harmonics of random shares and phases with amplitudes of root sum square 1."""
    count = len(phase)
    shares = rng.random((count, len(HARMONIC_ORDERS)))
    # Shares fall with the order, as those of rectifiers do, and few orders dominate (squared draw).
    shares = shares * shares * [(_EVEN_SHARE if order % 2 == 0 else 1.0) / order for order in HARMONIC_ORDERS]
    shares = shares / np.sqrt(np.sum(shares * shares, axis=1, keepdims=True))
    offsets = rng.random((count, len(HARMONIC_ORDERS)))
    total = np.zeros_like(phase)
    for index, order in enumerate(HARMONIC_ORDERS):
        total = total + shares[:, index, None] * sin_turns(order * phase + offsets[:, index, None])
    return total


def _transient(ranges: Ranges, nominal_hz: np.ndarray, time_cycles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An oscillatory or impulsive transient, half of the windows each, in pu."""
    count = len(nominal_hz)
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    oscillatory = rng.random((count, 1)) < 0.5
    sign = np.where(rng.random((count, 1)) < 0.5, 1.0, -1.0)
    since_ms = np.maximum(time_cycles - uniform(ranges.transient_onset_cycles), 0) * 1000 / nominal_hz
    ringing = uniform(ranges.oscillatory_peak_pu) * exp(-since_ms / uniform(ranges.oscillatory_decay_ms)) \
        * sin_turns(uniform(ranges.oscillatory_hz) * since_ms / 1000)
    decay_ms, rise_ms = uniform(ranges.impulsive_decay_ms), uniform(ranges.impulsive_rise_ms)
    impulse = exp(-since_ms / decay_ms) - exp(-since_ms / rise_ms)
    impulse = uniform(ranges.impulsive_peak_pu) * impulse / np.max(impulse, axis=1, keepdims=True)
    return sign * np.where(oscillatory, ringing, impulse)


def _current(ranges: Ranges, phase: np.ndarray, envelope: np.ndarray, thd: np.ndarray, transient: np.ndarray,
             rng: np.random.Generator) -> np.ndarray:
    """The current of a load between constant impedance (follows the voltage) and constant current, in pu of the declared
    one, lagging by the load angle (power factor = its cosine), with the load's own harmonics and a share of the transient."""
    count = len(phase)
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    load, angle, stiffness = uniform(ranges.load_pu), uniform(ranges.load_angle_turns), rng.random((count, 1))
    # Constant current holds down to 0.5 pu, below which electronic loads trip or starve.
    drawn = stiffness * np.minimum(2 * envelope, 1.0) + (1 - stiffness) * envelope
    distorted = sin_turns(phase - angle) + (thd + uniform(ranges.load_thd)) * _distortion(phase - angle, rng)
    return load * (math.sqrt(2) * drawn * distorted + cos_turns(angle) * rng.random((count, 1)) * transient)


def _measure(clean: np.ndarray, noise_ratio: np.ndarray, offset: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise at the window's own signal-to-noise ratio, and a DC offset."""
    return clean + rng.standard_normal(clean.shape) * noise_ratio * rms(clean)[:, None] + offset
