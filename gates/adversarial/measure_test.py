"""The measurement's own arithmetic: shares, failure modes; attacks on a network whose weak spot is known."""

import dataclasses

import numpy as np
import pytest

from gates import image as gated
from gates.adversarial import deepxplore, judge, measure
from gates.check import failures
from gates.testing import fixtures
from model.data.dataset import Part

_LENGTH = 128
_PLAN = gated.Plan("fixture", ("calm", "sag"), 2 * _LENGTH, 0.004, -128)


class Threshold:
    """Says `sag` when the mean of the first channel is below `level`; one hidden layer, which shows the mean."""

    def __init__(self, level):
        self._level = level

    def outputs(self, x):
        mean = x[:, :, 0].astype(np.float64).mean(axis=1)
        return np.stack([mean - self._level, self._level - mean], axis=1), [np.stack([mean, -mean], axis=1)]

    def pull_back(self, x, logits, activations):
        slope = logits[:, 0] - logits[:, 1] + activations[0][:, 0] - activations[0][:, 1]
        gradient = np.zeros(x.shape)
        gradient[:, :, 0] = slope[:, None] / _LENGTH
        return gradient

    def loss_gradient(self, x, labels):
        logits = np.where(np.arange(2) == labels[:, None], -1.0, 1.0)
        return self.pull_back(x, logits, [np.zeros((len(x), 2))])


class Image:
    """Answers as a Threshold on the dequantised window; 0.501 lies between two steps of the quantisation."""

    def __init__(self, level):
        self._network = Threshold(level)

    def classify(self, quantized):
        x = (quantized.astype(np.float32) - _PLAN.input_zero_point) * np.float32(_PLAN.input_scale)
        return gated.Answers(np.zeros((len(x), 2), np.int8), deepxplore.votes(self._network, x), np.zeros(len(x), int))


def _pilot(margins):
    """Windows whose mean lies the margins above (calm) and below (sag) 0.5."""
    means = np.array([0.5 + m for m in margins] + [0.5 - m for m in margins])
    x = np.repeat(means, 2 * _LENGTH).reshape(-1, _LENGTH, 2).astype(np.float32)
    return Part(x, np.repeat([0, 1], len(margins)).astype(np.int32))


def _measure(ensemble=(0.5, 0.5, 0.5), margins=(0.005, 0.03, 0.2, 0.3)):
    return measure.measure(fixtures.spec(), Image(0.501), _PLAN, Threshold(0.5), [Threshold(level) for level in ensemble],
                           _pilot(margins))


@pytest.fixture(name="attacks")
def _attacks():
    spec = fixtures.spec()
    few = dataclasses.replace(spec.gates.adversarial, windows=8)
    return measure.attack(few, Image(0.501), _PLAN, Threshold(0.5), _pilot((0.006, 0.03, 0.2, 0.3)))


def test_windows_nearer_than_epsilon_fall(attacks):
    """Margins 0.006, 0.03, 0.2, 0.3 on both sides: epsilon 0.01 takes a quarter, 0.05 a half."""
    assert [(attack["epsilon_pu"], attack["float"]["both"]) for attack in attacks] == [(0.01, 0.75), (0.05, 0.5)]
    assert all(attack["float"]["right_before"] == 8 for attack in attacks)
    assert all(attack["firmware"]["fgsm"] == attack["float"]["fgsm"] for attack in attacks)


def test_a_robust_accuracy_that_was_measured_can_fail_the_gate(attacks):
    measured = fixtures.adversarial() | {"attacks": attacks}
    (complaint,) = failures(judge.checks(measured, fixtures.spec()))
    assert "robust accuracy at 0.01 pu is too low; got 0.7500, want >= 0.9000" in complaint


def test_shares_count_only_windows_that_were_right_before():
    before = np.array([True, True, True, False])
    after = {"fgsm": np.array([True, True, False, True]), "pgd": np.array([True, False, True, True])}
    assert measure.robust(before, after) == {"right_before": 3, "fgsm": 2 / 3, "pgd": 2 / 3, "both": 1 / 3}


def _finding(label, votes, offset=0.02):
    return deepxplore.Finding(0, np.zeros((2, 1)), label, votes, {"offset": offset})


def test_failure_modes_by_pair_of_classes():
    findings = [_finding(0, (0, 1, 0), 0.02), _finding(0, (1, 1, 0), 0.04), _finding(1, (1, 0, 1))]
    modes = measure.failure_modes(("calm", "sag"), findings, np.array([1, 0, 1]), np.array([True, False, False]))
    assert modes == [
        {"true": "calm", "called": "sag", "networks_wrong": 2, "firmware_wrong": 1, "peak_change_pu": {"offset": 0.03}},
        {"true": "sag", "called": "calm", "networks_wrong": 1, "firmware_wrong": 0, "peak_change_pu": {"offset": 0.02}},
    ]


def test_a_class_that_only_the_image_says_is_a_failure_mode_too():
    modes = measure.failure_modes(("calm", "sag", "swell"), [_finding(0, (0, 1, 0))], np.array([2]), np.array([True]))
    assert [(mode["called"], mode["networks_wrong"], mode["firmware_wrong"]) for mode in modes] == [
        ("sag", 1, 0), ("swell", 0, 1)]


def test_deepxplore_finds_the_gap_between_the_thresholds_and_shows_it_to_the_image():
    spec = fixtures.spec()
    explored = measure.explore(spec, Image(0.51), _PLAN, [Threshold(0.5), Threshold(0.5), Threshold(0.52)],
                               _pilot((0.04, 0.045, 0.3)))
    assert explored["seeds"] == 6 and explored["neurons"] == 6
    assert 0 < explored["difference_inducing"] < 6
    assert {(mode["true"], mode["called"]) for mode in explored["failure_modes"]} <= {("calm", "sag"), ("sag", "calm")}


def test_the_same_input_gives_the_same_measurement():
    assert _measure() == _measure()
