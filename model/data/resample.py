"""Values of a sampled signal between its samples, with the same bits on every CPU.

Purpose: recordings of any sampling rate on the model's grid (recording.py), and what a coarse recorder leaves of a waveform
(instrument.py). Method: the sinc of band-limited interpolation in Lanczos' window of six lobes (Duchon, "Lanczos filtering in one and
two dimensions", J. Applied Meteorology 18, 1979), twelve neighbours with weights of sum 1: flat up to 0.4 of the sampling rate.
Non-goals: lowering a rate; whoever does averages first.
"""

import math

import numpy as np

from model.data.portable import sin_turns

LOBES = 6
"""Samples that a position needs on its either side."""


def at(samples: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The signals samples [..., M] at `positions` [K] in samples, float64 [..., K]; LOBES - 1 <= positions < M - LOBES."""
    base = np.floor(positions).astype(np.int64)
    if len(base) and (base.min() < LOBES - 1 or base.max() >= samples.shape[-1] - LOBES):
        raise ValueError(f"resample.at: positions outside the signal; got {positions.min():g} to {positions.max():g}, want "
                         f"{LOBES - 1} to below {samples.shape[-1] - LOBES}")
    fraction = positions - base
    offsets = range(1 - LOBES, LOBES + 1)
    weights = [_lanczos(fraction - offset) for offset in offsets]
    total, result = sum(weights), 0.0
    for offset, weight in zip(offsets, weights):
        result = result + samples[..., base + offset] * (weight / total)
    return result


def _lanczos(x: np.ndarray) -> np.ndarray:
    """sinc(x) sinc(x / LOBES) for |x| <= LOBES."""
    near = np.abs(x) < 1e-9
    safe = np.where(near, 1.0, x)
    turn = 0.5 * safe
    return np.where(near, 1.0, sin_turns(turn) * sin_turns(turn / LOBES) * LOBES / (math.pi * math.pi * safe * safe))
