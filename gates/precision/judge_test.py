"""The precision judge: holds on its limits, and fails for one figure just beyond each."""

import dataclasses

import pytest

from gates.check import failures
from gates.precision.judge import checks
from gates.testing import fixtures


def _complaints(measured):
    return failures(checks(measured, fixtures.spec()))


def test_figures_on_the_limits_hold():
    assert _complaints(fixtures.precision()) == []


def test_macro_precision_below_its_limit_fails():
    measured = fixtures.precision() | {"macro_precision": 0.97999}
    (complaint,) = _complaints(measured)
    assert complaint.startswith("precision: macro precision is too low; got 0.97999, want >= 0.9800. Fix: ")


def test_one_class_below_its_limit_fails_although_the_mean_holds():
    measured = fixtures.precision()
    measured["per_class"]["sag"]["precision"] = 0.9499
    (complaint,) = _complaints(measured)
    assert complaint.startswith("precision: precision of sag is too low; got 0.9499, want >= 0.9500. Fix: ")


def test_macro_recall_below_its_limit_fails():
    (complaint,) = _complaints(fixtures.precision() | {"macro_recall": 0.9})
    assert complaint.startswith("precision: macro recall is too low; got 0.9000, want >= 0.9700.")


def test_noise_has_a_limit_of_its_own_where_the_spec_asks():
    spec = fixtures.spec()
    strict = dataclasses.replace(spec, gates=dataclasses.replace(
        spec.gates, precision=dataclasses.replace(spec.gates.precision, noisy_macro_precision_min=0.97)))
    noisy = lambda precision: fixtures.precision() | {"noisy": {"macro_precision": precision}}  # noqa: E731
    assert failures(checks(noisy(0.97), strict)) == failures(checks(noisy(0.5), spec)) == []
    (complaint,) = failures(checks(noisy(0.9699), strict))
    assert complaint.startswith("precision: macro precision at the least signal-to-noise ratio is too low; got 0.9699, want >= 0.9700.")
    with pytest.raises(KeyError):
        checks(fixtures.precision(), strict)


def test_one_bit_of_difference_fails():
    measured = fixtures.precision()
    measured["scores"] |= {"differing_windows": 1, "largest_difference": 1,
                           "first_difference": {"window": 17, "got": [-128, 127], "want": [-127, 127]}}
    (complaint,) = _complaints(measured)
    assert "got 1 of 200 windows differ, by at most 1, want 0 differing" in complaint
    assert "first at window 17: got [-128, 127], want [-127, 127]" in complaint


def test_a_difference_of_linked_kernels_is_reported_and_holds():
    measured = fixtures.precision()
    measured["scores"] |= {"differing_windows": 3, "largest_difference": 2, "exact_required": False}
    result = checks(measured, fixtures.spec())
    assert failures(result) == []
    assert result[-1].measured == "3 of 200 windows differ, by at most 2"


def test_scores_of_no_window_prove_nothing():
    measured = fixtures.precision()
    measured["scores"]["windows"] = 0
    assert len(_complaints(measured)) == 1
