"""Measuring precision on the test image: right, wrong weights, one bit off."""

import dataclasses

import numpy as np
import pytest

from gates.check import failures
from gates.precision import judge
from gates.precision.measure import compare_scores, measure
from gates.testing import echo
from model.data.dataset import Part
from tools.errors import UserError


def _measure(pilot, exact=True, off_by=0):
    return measure(echo.spec(), echo.booted(), echo.Reference(off_by), echo.plan(), pilot, exact)


def test_a_right_image_holds():
    measured = _measure(echo.pilot(200))
    assert measured["macro_precision"] == measured["macro_recall"] == measured["accuracy"] == 1.0
    assert sum(map(sum, measured["confusion"])) == measured["windows"] == 200
    assert failures(judge.checks(measured, echo.spec())) == []


def test_labels_that_the_image_does_not_find_fail():
    pilot = echo.pilot(200)
    wrong = Part(pilot.x, np.where(np.arange(200) % 10 == 0, (pilot.y + 1) % 3, pilot.y).astype(np.int32))
    complaints = failures(judge.checks(_measure(wrong), echo.spec()))
    assert any("macro precision is too low; got 0.9" in complaint for complaint in complaints)


@pytest.mark.parametrize("exact", [True, False])
def test_one_bit_off_fails_only_where_exactness_is_promised(exact):
    measured = _measure(echo.pilot(101), exact, off_by=1)
    assert measured["scores"]["differing_windows"] == measured["scores"]["largest_difference"] == 1
    assert measured["scores"]["first_difference"]["window"] == 50
    complaints = failures(judge.checks(measured, echo.spec()))
    assert len(complaints) == (1 if exact else 0)


def test_scores_wrap_nowhere():
    compared = compare_scores(np.array([[127, 0]], np.int8), np.array([[-128, 0]], np.int8))
    assert compared["largest_difference"] == 255


def test_a_plan_of_another_model_is_refused():
    plan = dataclasses.replace(echo.plan(), input_zero_point=4)
    with pytest.raises(UserError, match="plan and int8 model are of different networks; got input scale 0.5 and zero point 4"):
        measure(echo.spec(), echo.booted(), echo.Reference(), plan, echo.pilot(9), True)


def test_a_pilot_set_without_a_class_is_refused():
    pilot = echo.pilot(50)
    keep = pilot.y != 2
    with pytest.raises(UserError, match="class the third one has no window"):
        _measure(Part(pilot.x[keep], pilot.y[keep]))
