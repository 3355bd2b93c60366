"""Signals for the streaming detector: three phases of mains on the model's grid, normal or with one event whose onset is known.

Conditions are drawn from the spec's ranges of normal windows: amplitude (0.92 to 1.08 pu, so that noise alone crosses no limit), total
harmonic distortion up to 5.5 %, signal-to-noise ratio 25 to 60 dB, offset up to 0.045 pu. Units: pu of the RMS, 128 samples per cycle, 50 Hz.
"""

import numpy as np

CYCLE = 128
SAMPLES_PER_S = 50 * CYCLE
KINDS = ("sag", "swell", "interruption", "transient", "harmonics")

_CHANGE_S = 5.0  # conditions drift from one draw to the next over so long
_ORDERS = np.array([3, 5, 7, 11, 13])
_LEVELS = {"sag": (0.15, 0.8), "swell": (1.25, 1.8), "interruption": (0.0, 0.05)}
_HOP = 16


def normal(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Normal mains, [3, N]; N whole hops."""
    count = int(seconds * SAMPLES_PER_S) // _HOP * _HOP
    return np.stack([_phase(count, index, rng) for index in range(3)])


def with_event(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """A second of mains with an event of `kind` on phase 0, [3, N], and the sample at which it begins."""
    voltage_pu = normal(1.0, rng)
    onset = int(rng.integers(20 * CYCLE, 21 * CYCLE))
    t = np.arange(voltage_pu.shape[1])
    inside = (t >= onset) & (t < onset + 10 * CYCLE)
    if kind in _LEVELS:
        voltage_pu[0] *= np.where(inside, rng.uniform(*_LEVELS[kind]), 1.0)
    elif kind == "transient":
        # An oscillatory one of IEEE 1159: capacitor switching.
        since_s = np.maximum(t - onset, 0) / SAMPLES_PER_S
        wave = np.cos(2 * np.pi * rng.uniform(400, 1500) * since_s) * np.exp(-since_s / rng.uniform(1e-3, 3e-3))
        voltage_pu[0] += rng.choice([-1, 1]) * rng.uniform(0.7, 1.2) * wave * (t >= onset)
    else:
        voltage_pu[0] += inside * _harmonics(t / CYCLE, rng.uniform(0.15, 0.3), rng)
    return voltage_pu, onset


def _phase(count: int, index: int, rng: np.random.Generator) -> np.ndarray:
    knots = np.arange(int(count / SAMPLES_PER_S / _CHANGE_S) + 2) * _CHANGE_S * SAMPLES_PER_S
    amplitude = np.interp(np.arange(count), knots, rng.uniform(0.92, 1.08, len(knots)))
    turns = np.arange(count) / CYCLE - index / 3 + rng.uniform()
    clean = np.sqrt(2) * np.sin(2 * np.pi * turns) + _harmonics(turns, rng.uniform(0, 0.055), rng)
    noise = 10 ** (-rng.uniform(25, 60) / 20) * rng.standard_normal(count)
    return amplitude * clean + noise + rng.uniform(-0.045, 0.045)


def _harmonics(turns: np.ndarray, thd: float, rng: np.random.Generator) -> np.ndarray:
    shares = rng.uniform(size=len(_ORDERS))
    shares *= np.sqrt(2) * thd / np.sqrt(np.sum(shares ** 2))
    return sum(share * np.sin(2 * np.pi * (order * turns + rng.uniform())) for share, order in zip(shares, _ORDERS))
