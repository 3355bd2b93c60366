"""Changes of training windows that keep their label.

Purpose: sign of both channels (a grid has no preferred one), more noise, more offset, another load. Validation, test and
pilot windows are never changed. NumPy's random numbers, one operation per pass: the same bits on every CPU.
"""

import numpy as np

from model.spec import Augmentation

_POOL_SAMPLES = 1 << 20


def noise_pool(rng: np.random.Generator) -> np.ndarray:
    """Standard normal noise float32 [_POOL_SAMPLES], to be drawn once per epoch: drawing every sample anew would cost as
    much as the training itself. Drawn in float64, whose bits are known to be the same on every CPU."""
    return rng.standard_normal(_POOL_SAMPLES).astype(np.float32)


def augment(x: np.ndarray, settings: Augmentation, pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Changed copies of x float32 [N, samples, 2] (voltage, current) in pu; the noise is stretches of `pool`."""
    gain = np.ones((len(x), 1, 2), np.float32)
    gain[:, 0, 1] = rng.uniform(*settings.current_gain, size=len(x))
    if settings.flip:
        gain *= rng.choice(np.array([-1, 1], np.float32), size=(len(x), 1, 1))
    offset_pu = rng.uniform(-settings.dc_offset_pu, settings.dc_offset_pu, size=(len(x), 1, 2)).astype(np.float32)
    stretch = x[0].size
    starts = rng.integers(len(pool) - stretch, size=len(x))
    noise = np.lib.stride_tricks.sliding_window_view(pool, stretch)[starts].reshape(x.shape)
    deviation_pu = rng.uniform(0, settings.noise_pu, size=(len(x), 1, 1)).astype(np.float32)
    changed = noise * deviation_pu
    # Channel by channel: NumPy's broadcasting along a last axis of two is ten times slower.
    for channel in range(x.shape[2]):
        changed[..., channel] += x[..., channel] * gain[..., channel]
        changed[..., channel] += offset_pu[..., channel]
    return changed
