"""Spoiling the test image: it still boots, and says something else."""

import numpy as np
import pytest

from firmware.seal import SEAL_BYTES, is_sealed
from gates import image as gated
from gates.testing import echo, spoil
from tools.errors import UserError


def test_a_flipped_bit_is_the_only_change_but_for_the_seal():
    image = echo.BIN.read_bytes()
    spoiled = spoil.flip(image, echo.ELF.read_bytes(), "echo_class_names")
    changed = [i for i, (a, b) in enumerate(zip(image[:-SEAL_BYTES], spoiled)) if a != b]
    assert len(changed) == 1 and image[changed[0]] ^ spoiled[changed[0]] == 0x40
    assert len(spoiled) == len(image) and is_sealed(spoiled)


def test_padding_boots_and_classifies_as_before():
    image = echo.BIN.read_bytes()
    padded = spoil.pad(image, 16385)
    assert len(padded) == 16385 and padded.startswith(image)
    assert spoil.pad(image, 10) == image
    pilot = echo.pilot(5)
    booted = gated.BootedImage(padded, echo.plan(), "stm32l476")
    assert np.array_equal(booted.classify(echo.plan().quantize(pilot.x)).classes, pilot.y)


@pytest.mark.parametrize("symbol", ["no_such_weights", "memory"])
def test_a_symbol_outside_of_the_image_is_refused(symbol):
    with pytest.raises(UserError, match=f"spoil: the image has no object {symbol}"):
        spoil.flip(echo.BIN.read_bytes(), echo.ELF.read_bytes(), symbol)
