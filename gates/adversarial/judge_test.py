"""The adversarial judge: robust accuracy per epsilon, coverage, and seeds to speak of."""

from gates.adversarial.judge import checks
from gates.check import failures
from gates.testing import fixtures


def _complaints(measured):
    return failures(checks(measured, fixtures.spec()))


def test_figures_on_the_limits_hold():
    assert _complaints(fixtures.adversarial()) == []


def test_one_epsilon_below_its_limit_fails():
    measured = fixtures.adversarial()
    measured["attacks"][1]["firmware"]["both"] = 0.49
    (complaint,) = _complaints(measured)
    assert complaint.startswith("adversarial: robust accuracy at 0.05 pu is too low; got 0.4900, want >= 0.5000. Fix: ")


def test_an_epsilon_that_was_not_measured_fails():
    measured = fixtures.adversarial()
    del measured["attacks"][0]
    (complaint,) = _complaints(measured)
    assert complaint == ("adversarial: robust accuracy at 0.01 pu was not measured; got [0.05], want 0.01. "
                         "Fix: measure with this spec")


def test_low_coverage_fails():
    measured = fixtures.adversarial()
    measured["deepxplore"]["coverage_after"] = 0.79
    (complaint,) = _complaints(measured)
    assert "neuron coverage after DeepXplore is too low; got 0.7900, want >= 0.8000" in complaint


def test_an_exploration_with_too_few_seeds_fails():
    measured = fixtures.adversarial()
    measured["deepxplore"]["seeds"] = 29
    (complaint,) = _complaints(measured)
    assert "DeepXplore had too few seeds; got 29 windows that all networks classify right, want 30. Fix: " in complaint
