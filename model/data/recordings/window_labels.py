"""Labels of recorded windows, by what an instrument can measure.

Purpose: the classes of model/data/labels.py for windows whose making nobody knows: RMS with hysteresis (rms_rule.py); else a transient,
where the voltage leaves that of the cycle before by 0.5 pu or more, both of normal RMS; else harmonics, by the total harmonic distortion
of the window's DFT above 8 % (EN 50160; IEC 61000-4-7), orders 2 to 40; else normal. `certain` is False near a deciding threshold, for
ringing windows, and where an event lies in the window or the cycle before.
"""

import numpy as np

from model.data import labels
from model.data.recordings import rms_rule
from model.data.recordings.framing import Framed

_ORDERS = range(2, 41)
_NAMES = {rms_rule.SAG: "sag", rms_rule.SWELL: "swell", rms_rule.INTERRUPTION: "interruption"}


def thd(windows: np.ndarray) -> np.ndarray:
    """Total harmonic distortion of windows [N, samples] of one cycle, relative to the fundamental, [N]; infinite without one."""
    spectrum = np.abs(np.fft.rfft(windows, axis=1))
    harmonics = np.sqrt(np.sum(spectrum[:, [order for order in _ORDERS if order < spectrum.shape[1]]] ** 2, axis=1))
    return np.divide(harmonics, spectrum[:, 1], out=np.full(len(windows), np.inf), where=spectrum[:, 1] > 1e-9)


def label(framed: Framed, phase: int, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Class indices into labels.CLASSES, int32 [N], and which are certain, bool [N], of `framed.windows(phase, hop)`."""
    samples, voltage = framed.samples_per_cycle, framed.voltage_pu[phase]
    rms = rms_rule.one_cycle_rms(voltage, samples)
    states = rms_rule.states(rms)
    events = np.concatenate([[0], np.cumsum(states != rms_rule.NORMAL)])
    places = np.arange(len(states))
    quiet = events[np.minimum(places + samples + 1, len(states))] == events[np.maximum(places - samples, 0)]
    before = np.concatenate([voltage[:samples], voltage[:-samples]])
    peaks = np.lib.stride_tricks.sliding_window_view(np.abs(voltage - before), samples).max(axis=1)
    rms, states, quiet, peaks = (values[::hop] for values in (rms, states, quiet, peaks))
    windows = framed.windows(phase, hop)[..., 0]
    distortion = thd(windows)
    shape = np.select([peaks >= labels.TRANSIENT_FROM_PU, distortion > labels.HARMONICS_ABOVE_THD],
                      [labels.CLASSES.index("transient"), labels.CLASSES.index("harmonics")], labels.CLASSES.index("normal"))
    found = np.select([states == state for state in _NAMES], [labels.CLASSES.index(name) for name in _NAMES.values()], shape)
    shaped = states == rms_rule.NORMAL
    weak = (peaks >= 0.5 * labels.TRANSIENT_FROM_PU) & (peaks < labels.TRANSIENT_FROM_PU)
    near_thd = np.abs(distortion - labels.HARMONICS_ABOVE_THD) < labels.UNCERTAINTY_PU
    apart = rms_rule.is_near(rms) | rms_rule.rings(windows, rms)
    return found.astype(np.int32), ~(apart | (shaped & (~quiet | weak | near_thd)))
