"""DeepXplore on linear networks with a known boundary: it finds their disagreement, or rightly doesn't."""

import numpy as np
import pytest

from gates.adversarial.constraint import Constraint
from gates.adversarial.deepxplore import Ascent, agreed_seeds, explore, votes

_LENGTH = 128


class Threshold:
    """Says class 1 when the mean of the first channel exceeds `level`; hidden layer: +mean, -mean, and a zero."""

    def __init__(self, level, gain=1.0):
        self._level, self._gain = level, gain

    def outputs(self, x):
        mean = x[:, :, 0].astype(np.float64).mean(axis=1)
        margin = self._gain * (mean - self._level)
        return np.stack([-margin, margin], axis=1), [np.stack([mean, -mean, 0 * mean], axis=1)]

    def pull_back(self, x, logits, activations):
        slope = self._gain * (logits[:, 1] - logits[:, 0]) + activations[0][:, 0] - activations[0][:, 1]
        gradient = np.zeros(x.shape)
        gradient[:, :, 0] = slope[:, None] / _LENGTH
        return gradient


def _seeds(levels):
    return np.repeat(np.array(levels, np.float32), _LENGTH * 2).reshape(len(levels), _LENGTH, 2)


def _ascent(max_change_pu):
    return Ascent(steps=20, threshold=0.9, constraint=Constraint.of(_LENGTH, max_change_pu))


NETWORKS = (Threshold(0.10, gain=40.0), Threshold(0.11, gain=10.0), Threshold(0.16, gain=10.0))


def test_only_seeds_that_all_networks_call_right_are_taken():
    windows = _seeds([0.0, 0.13, 0.3, 0.0])
    assert agreed_seeds(NETWORKS, windows, np.array([0, 1, 1, 1]), 9).tolist() == [0, 2]
    assert agreed_seeds(NETWORKS, windows, np.array([0, 1, 1, 1]), 1).tolist() == [0]


def test_a_seed_near_the_boundary_yields_a_disagreement_within_the_constraint():
    windows = _seeds([0.08, 0.09, 0.07])
    result = explore(NETWORKS, windows, np.array([0, 0, 0]), _ascent(0.05))
    assert result.findings
    for finding in result.findings:
        assert len(set(finding.votes)) == 2
        assert np.abs(finding.changed - windows[finding.seed]).max() <= 0.05 + 1e-6
        assert finding.votes == tuple(int(votes(network, finding.changed[None])[0]) for network in NETWORKS)
        assert finding.shares["offset"] > finding.shares["harmonics"]


def test_a_seed_far_from_the_boundary_yields_none():
    assert explore(NETWORKS, _seeds([-0.5]), np.array([0]), _ascent(0.05)).findings == ()


def test_coverage_counts_the_neurons_of_every_network_and_grows_on_the_climb():
    """Of +mean, -mean and 0 one is active in each network; the climb takes the mean across zero."""
    networks = (Threshold(0.0, gain=4.0), Threshold(0.0), Threshold(-0.02))
    result = explore(networks, _seeds([-0.03]), np.array([0]), _ascent(0.05))
    assert (result.seeds, result.neurons, result.covered_before, result.covered_after) == (1, 9, 3, 6)


@pytest.mark.parametrize("count", [1, 33, 68])
def test_rounds_keep_the_numbers_of_the_seeds(count):
    windows = _seeds([-0.5] * (count - 1) + [0.09])
    result = explore(NETWORKS, windows, np.zeros(count, int), _ascent(0.05))
    assert [finding.seed for finding in result.findings] == [count - 1]
