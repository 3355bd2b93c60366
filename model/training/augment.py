"""Changes of training windows that keep their label.

Purpose: sign of both channels (a grid has no preferred one), more noise, more offset, another load. Validation, test and
pilot windows are never changed. NumPy's random numbers, one operation per pass: the same bits on every CPU.
"""

import numpy as np

from model.spec import Augmentation

_POOL_SAMPLES = 1 << 20


def noise_stretches(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Stretches of standard normal noise float32 [_POOL_SAMPLES - samples + 1, samples], which overlap, to be drawn once per epoch: drawing
    every sample anew would cost as much as the training itself. Drawn in float64, whose bits are known to be the same on every CPU."""
    pool = rng.standard_normal(_POOL_SAMPLES).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(pool, samples)


def augment(x: np.ndarray, settings: Augmentation, noise: np.ndarray, rng: np.random.Generator, changed: np.ndarray) -> None:
    """Writes changed copies of x float32 [N, samples, 2] (voltage, current) in pu to `changed`, shaped alike; `noise` are the stretches for
    windows of this size."""
    count, samples, _ = x.shape
    gain = np.ones((count, 2), np.float32)
    gain[:, 1] = rng.uniform(*settings.current_gain, size=count)
    if settings.flip:
        gain *= rng.choice(np.array([-1, 1], np.float32), size=(count, 1))
    offset_pu = rng.uniform(-settings.dc_offset_pu, settings.dc_offset_pu, size=(count, 2)).astype(np.float32)
    added = noise[rng.integers(len(noise) - 1, size=count)]
    deviation_pu = rng.uniform(0, settings.noise_pu, size=(count, 1)).astype(np.float32)
    rows = changed.reshape(count, -1)
    np.multiply(added, deviation_pu, out=rows)
    rows += np.multiply(x.reshape(count, -1), _spread(gain, samples), out=added)
    rows += _spread(offset_pu, samples)


def _spread(pairs: np.ndarray, samples: int) -> np.ndarray:
    """Pairs float32 [N, 2] as [N, samples * 2]. Moved as complex numbers: NumPy's broadcasting along a last axis of two is ten times
    slower."""
    spread = np.empty((len(pairs), samples), np.complex64)
    spread[:] = pairs.view(np.complex64)
    return spread.view(np.float32)
