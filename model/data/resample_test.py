"""Values between samples: exact on samples, band-limited between them, refused outside."""

import numpy as np
import pytest

from model.data import resample


@pytest.mark.parametrize("rate, order", [(16, 1), (16, 5), (24, 1), (24, 9), (48, 3), (128, 25)])
def test_harmonics_come_through(rate, order):
    n = np.arange(-8, rate + 8)
    positions = np.arange(128) * rate / 128 + 8
    found = resample.at(np.sin(2 * np.pi * order * n / rate + 0.3), positions)
    assert np.abs(found - np.sin(2 * np.pi * order * (positions - 8) / rate + 0.3)).max() < 0.02


def test_samples_themselves_and_constants_stay():
    values = np.random.default_rng(1).normal(size=(3, 40))
    assert np.allclose(resample.at(values, np.arange(6.0, 30)), values[:, 6:30])
    assert np.allclose(resample.at(np.full(40, 7.0), np.linspace(6, 30, 50)), 7.0)


def test_positions_outside_are_refused():
    for positions in ([4.9], [34.0]):
        with pytest.raises(ValueError, match="resample.at: positions outside the signal"):
            resample.at(np.zeros(40), np.array(positions))
