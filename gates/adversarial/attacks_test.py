"""FGSM and PGD on losses whose steepest direction is known."""

import numpy as np
import pytest

from gates.adversarial.attacks import Ball, fgsm, pgd

_WINDOWS = np.random.default_rng(1).uniform(-1, 1, (4, 16, 2)).astype(np.float32)
_LABELS = np.array([0, 1, 0, 1])
_BALL = Ball(0.05, -2.0, 2.0)


def _away_from(points):
    return lambda x, labels: x - points


def _linear(x, labels):
    return np.where(labels == 0, 1.0, -1.0)[:, None, None] * np.ones_like(x)


def test_fgsm_takes_the_whole_radius_along_the_sign():
    attacked = fgsm(_linear, _WINDOWS, _LABELS, _BALL)
    np.testing.assert_allclose(attacked[0] - _WINDOWS[0], 0.05, atol=1e-6)
    np.testing.assert_allclose(attacked[1] - _WINDOWS[1], -0.05, atol=1e-6)
    assert attacked.dtype == np.float32


def test_pgd_reaches_the_corner_that_a_linear_loss_asks_for():
    attacked = pgd(_linear, _WINDOWS, _LABELS, _BALL, 10)
    np.testing.assert_allclose(attacked[0] - _WINDOWS[0], 0.05, atol=1e-6)
    assert np.array_equal(attacked, pgd(_linear, _WINDOWS, _LABELS, _BALL, 10))


def test_pgd_leaves_a_point_where_the_gradient_vanishes():
    assert np.abs(fgsm(_away_from(_WINDOWS), _WINDOWS, _LABELS, _BALL) - _WINDOWS).max() == 0
    np.testing.assert_allclose(np.abs(pgd(_away_from(_WINDOWS), _WINDOWS, _LABELS, _BALL, 10) - _WINDOWS), 0.05, atol=1e-6)


@pytest.mark.parametrize("epsilon_pu", [0.01, 0.3])
def test_attacks_stay_in_the_ball_and_in_the_physical_range(epsilon_pu):
    ball = Ball(epsilon_pu, -0.9, 0.9)
    windows = np.clip(_WINDOWS, -0.9, 0.9)
    for attacked in (fgsm(_linear, windows, _LABELS, ball), pgd(_linear, windows, _LABELS, ball, 5)):
        assert np.abs(attacked - windows).max() <= epsilon_pu * (1 + 1e-5)
        assert np.abs(attacked).max() <= np.float32(0.9)


def test_a_window_beyond_the_range_is_not_taken_further_out():
    attacked = fgsm(_linear, np.full((1, 4, 1), 3.0, np.float32), np.array([0]), _BALL)
    assert np.all(attacked == 3.0)
