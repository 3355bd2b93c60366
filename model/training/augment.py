"""Changes of training windows that keep their label.

Purpose: sign of both channels (a grid has no preferred one), more noise, more offset, another load. Validation, test and
pilot windows are never changed. NumPy's random numbers, one operation per pass: the same bits on every CPU.
"""

import numpy as np

from model.spec import Augmentation

_POOL_SAMPLES = 1 << 19


def augment(x: np.ndarray, settings: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Changed copies of x float32 [N, samples, 2] (voltage, current) in pu."""
    signs = np.array([-1, 1], np.float32)
    gain = np.ones((len(x), 1, 2), np.float32)
    gain[:, 0, 1] = rng.uniform(*settings.current_gain, size=len(x))
    if settings.flip:
        gain *= rng.choice(signs, size=(len(x), 1, 1))
    offset_pu = rng.uniform(-settings.dc_offset_pu, settings.dc_offset_pu, size=(len(x), 1, 2)).astype(np.float32)
    changed = x * gain
    changed += offset_pu
    if settings.noise_pu > 0:
        changed += _noise(x.shape, settings.noise_pu, rng)
    return changed


def _noise(shape: tuple[int, int, int], highest_pu: float, rng: np.random.Generator) -> np.ndarray:
    """White noise of a deviation of up to `highest_pu` per window: random stretches of one drawn pool, for drawing each sample
    costs more than a step of training."""
    count, samples, channels = shape
    pool = rng.standard_normal(_POOL_SAMPLES, np.float32)
    starts = rng.integers(_POOL_SAMPLES - samples * channels, size=count)
    stretches = np.lib.stride_tricks.sliding_window_view(pool, samples * channels)[starts]
    stretches *= rng.uniform(0, highest_pu, size=(count, 1)).astype(np.float32)
    return stretches.reshape(shape)
