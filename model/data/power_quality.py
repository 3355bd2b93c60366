"""Synthetic windows of voltage and current with power-quality events, as an instrument would record them.

Purpose: `draw(ranges, count, samples, rng)` gives measured windows and the facts that label them. A window is a fundamental whose level
events move (events.py), with what a grid adds (disturbances.py), seen by an instrument (instrument.py). README.md has the table of
parameters with sources.
Units: per unit (pu) of the declared RMS value (a 1 pu sine peaks at sqrt 2), time in nominal cycles, phase in turns.
Non-goals: network simulation, relations between three phases. All bits are the same on every CPU (portable.py).
"""

import dataclasses
import math

import numpy as np

from model.checks import NOMINAL_HZ
from model.data import disturbances, events, instrument
from model.data.portable import cos_turns, rms, sin_turns
from model.spec import Ranges

# Shares of events.KINDS drawn, such that the labels come out about even: a window that is only partly interrupted is a sag.
_KIND_SHARES = (0.41, 0.03, 0.1, 0.2, 0.15, 0.11)
# Part of the sags, swells and interruptions that also carry a transient or strong harmonics.
_COMPOUND_FRACTION = 0.3


@dataclasses.dataclass(frozen=True)
class Windows:
    """Drawn windows: `measured` float64 [N, samples, 2] (voltage, current); per window the facts that label it, of the voltage before
    noise, offset and rounding: `rms_pu`, `fundamental_share` of the squared RMS, `thd` (harmonics and notches as put in, relative to
    the fundamental), `amplitude_pu` of the fundamental before the event, `transient_peak_pu` of the sampled transient,
    `event_changes`, whether an event begins, ends or evolves inside."""

    measured: np.ndarray
    rms_pu: np.ndarray
    fundamental_share: np.ndarray
    thd: np.ndarray
    amplitude_pu: np.ndarray
    transient_peak_pu: np.ndarray
    event_changes: np.ndarray


def draw(ranges: Ranges, count: int, samples: int, rng: np.random.Generator) -> Windows:
    """`count` windows of one nominal cycle, `samples` each, of all kinds of events, as one recorder of a random rate sees them."""
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731 (one column per window)
    recorder = instrument.choose_recorder(samples, rng)
    time_cycles = recorder.time_cycles
    kind = rng.choice(len(events.KINDS), p=_KIND_SHARES, size=(count, 1))
    compound = (rng.random((count, 1)) < _COMPOUND_FRACTION) & (kind < 3)
    nominal_hz = rng.choice(NOMINAL_HZ, size=(count, 1))
    amplitude = uniform(ranges.amplitude_pu)
    course = events.draw(ranges, kind, amplitude, time_cycles, rng)
    speed = 1 + uniform(ranges.frequency_deviation_hz) / nominal_hz
    phase = rng.random((count, 1)) + speed * time_cycles + course.phase_jump_turns

    strong = _is(kind, "harmonics") | (compound & (rng.random((count, 1)) < 0.5))
    thd = np.where(strong, uniform(ranges.harmonics_thd), uniform(ranges.background_thd))
    transient_added = _is(kind, "transient") | (compound & ~strong)
    # Converters and switching are rarely seen in one cycle: a window has notches or a transient.
    notches, notch_thd = (~transient_added * part for part in disturbances.notches(ranges, phase, recorder.rate, rng))
    transient = transient_added * disturbances.transient(ranges, nominal_hz, time_cycles, recorder.rate, rng)
    level = math.sqrt(2) * course.level_pu
    distortion = disturbances.distortion(phase, recorder.rate, rng)
    voltage = level * (sin_turns(phase) + thd * distortion + notches) + transient \
        + math.sqrt(2) * disturbances.interharmonic(ranges, count, time_cycles, rng) \
        + math.sqrt(2) * course.dead * disturbances.ringing(ranges, count, time_cycles, rng)
    current = _current(ranges, phase, course, thd, transient, recorder.rate, rng)

    sensor = instrument.draw_sensor(ranges, count, recorder.rate / samples, rng)
    ideal = recorder.resampled(sensor.clip(voltage))
    fundamental = disturbances.fundamental(ideal)
    rms_pu = rms(ideal)
    measured = np.stack([recorder.resampled(sensor.record(signal, rng)) for signal in (voltage, current)], axis=-1)
    return Windows(
        measured, rms_pu, fundamental * fundamental / np.maximum(rms_pu * rms_pu, 1e-12),
        np.sqrt(thd * thd + notch_thd * notch_thd)[:, 0], amplitude[:, 0],
        np.max(np.abs(recorder.resampled(transient)), axis=1), course.changes)


def _is(kind: np.ndarray, name: str) -> np.ndarray:
    return kind == events.KINDS.index(name)


def _current(ranges: Ranges, phase: np.ndarray, course: events.Course, thd: np.ndarray, transient: np.ndarray, rate: int,
             rng: np.random.Generator) -> np.ndarray:
    """The current of a load between constant impedance (follows the voltage) and constant current, in pu of the declared one, lagging
    by the load angle (power factor = its cosine), with the load's own harmonics and a share of the transient; behind the instrument
    in half of the sags the current of a fault, with its decaying offset."""
    count = len(phase)
    uniform = lambda bounds: rng.uniform(bounds[0], bounds[1], size=(count, 1))  # noqa: E731
    load, angle, stiffness = uniform(ranges.load_pu), uniform(ranges.load_angle_turns), rng.random((count, 1))
    # Constant current holds down to 0.5 pu, below which electronic loads trip or starve.
    drawn = stiffness * np.minimum(2 * course.level_pu, 1.0) + (1 - stiffness) * course.level_pu
    distorted = sin_turns(phase - angle) + (thd + uniform(ranges.load_thd)) * disturbances.distortion(phase - angle, rate, rng)
    loaded = load * (math.sqrt(2) * drawn * distorted + cos_turns(angle) * rng.random((count, 1)) * transient)
    fault = uniform(ranges.fault_current_pu) * (rng.random((count, 1)) < 0.5) * course.depth_pu
    lagging = sin_turns(phase - 0.2) - course.decay * sin_turns(phase[:, :1] - 0.2)
    return loaded + math.sqrt(2) * fault * lagging
