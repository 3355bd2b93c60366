"""Booting an image and asking it: what is refused, and how."""

import dataclasses
import json

import numpy as np
import pytest

from firmware.testing.images import Order, window
from gates import image as gated
from gates.testing import echo
from tools.errors import UserError


def test_windows_are_quantised_and_classified():
    pilot = echo.pilot(30)
    answers = echo.booted().classify(echo.plan().quantize(pilot.x))
    assert np.array_equal(answers.classes, pilot.y)
    assert np.array_equal(answers.scores, echo.Reference().scores(echo.plan().quantize(pilot.x)))
    assert np.all(answers.cycles == 0), "functional mode counts no cycles"


def test_no_window_is_no_answer():
    answers = echo.booted().classify(np.zeros((0, 16), np.int8))
    assert answers.scores.shape == (0, 3) and answers.classes.shape == (0,)


def test_the_physical_range_is_that_of_the_input():
    assert echo.plan().physical_range == ((-128 + 3) * 0.5, (127 + 3) * 0.5)


@pytest.mark.parametrize(("field", "value", "complaint"), [
    ("name", "other", "got name echo, want other"),
    ("classes", ("a", "b"), "got classes "),
    ("input_bytes", 17, "got input bytes 16, want 17"),
    ("input_scale", 0.25, "got input scale 0.5, want 0.25"),
    ("input_zero_point", 0, "got input zero point -3, want 0"),
])
def test_an_image_of_another_network_is_refused(field, value, complaint):
    plan = dataclasses.replace(echo.plan(), **{field: value})
    with pytest.raises(UserError, match=f"image: is not the network of the plan; {complaint}"):
        gated.BootedImage(echo.BIN.read_bytes(), plan, "stm32l476")


def test_a_refused_window_is_named():
    windows = np.stack([window(1, 2, 3), window(1, 2, 3, order=Order.FAIL)])
    with pytest.raises(UserError, match="image: window 1 was not classified; got .*NETWORK"):
        echo.booted().classify(windows)


def test_a_fault_is_an_error_of_the_image():
    with pytest.raises(UserError, match="image: window 0 was not classified"):
        echo.booted().classify(window(1, 2, 3, order=Order.UNDEFINED)[None])


def test_an_image_that_does_not_boot_is_refused():
    with pytest.raises(UserError, match="no reset vector"):
        gated.BootedImage(bytes(1024), echo.plan(), "stm32l476")


@pytest.mark.parametrize("content", ["", "[]", '{"name": "x"}', json.dumps({"layers": [{}]})])
def test_a_broken_plan_is_refused(tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(UserError, match="plan.json: is not a plan; got "):
        gated.read_plan(str(path))


def test_a_missing_image_is_refused():
    with pytest.raises(UserError, match="none.bin: cannot be read; got No such file"):
        gated.read_image("none.bin")
