"""Measuring size on the test image: real bytes, real stack; padded and foreign images."""

import dataclasses

import numpy as np
import pytest

from firmware.protocol import ErrorCode
from gates.check import failures
from gates.size import judge
from gates.size.measure import bad_frames, measure
from gates.size.symbols import read_layout
from gates.testing import echo
from tools.errors import UserError


def _measure(image=None):
    return measure(echo.spec(), image or echo.BIN.read_bytes(), echo.ELF.read_bytes(), echo.plan(), echo.pilot(30))


def test_figures_of_the_image():
    measured = _measure()
    assert measured["flash_bytes"] == len(echo.BIN.read_bytes())
    assert measured["flash_bytes"] == sum(section["bytes"] for section in measured["flash_sections"])
    assert {section["name"] for section in measured["sram_sections"]} == {".data", ".bss"}
    assert measured["sram_bytes"] == measured["static_bytes"] + measured["stack_bytes"]
    assert 64 <= measured["stack_bytes"] <= 1024
    marks = list(measured["stack_after"].values())
    assert marks == sorted(marks) and marks[-1] == measured["stack_bytes"]
    assert any(entry["name"] == "echo_run" for entry in measured["largest_flash"])
    assert failures(judge.checks(measured, echo.spec())) == []


def test_an_image_that_is_padded_over_the_limit_fails():
    image = echo.BIN.read_bytes()
    (complaint,) = failures(judge.checks(_measure(image + bytes(16385 - len(image))), echo.spec()))
    assert complaint.startswith("size: flash 16,385 B exceeds 16,384 B by 1 B; largest: ")


def test_a_deeper_stack_counts():
    spec = echo.spec()
    limit = _measure()["sram_bytes"] - 1
    gates = dataclasses.replace(spec.gates, size=dataclasses.replace(spec.gates.size, sram_bytes_max=limit))
    (complaint,) = failures(judge.checks(_measure(), dataclasses.replace(spec, gates=gates)))
    assert f"exceeds {limit:,} B by 1 B; largest: stack " in complaint


def test_an_elf_of_another_image_is_refused():
    image = bytearray(echo.BIN.read_bytes())
    image[600] ^= 1
    with pytest.raises(UserError, match="the image is not made from this ELF; got other bytes at offset 0"):
        _measure(bytes(image))


def test_what_is_no_elf_is_refused():
    with pytest.raises(UserError, match="size: the ELF is none; got "):
        read_layout(b"no ELF", b"")


def test_symbols_are_sorted_and_placed():
    layout = read_layout(echo.ELF.read_bytes(), echo.BIN.read_bytes())
    for entries in (layout.flash_symbols, layout.sram_symbols):
        assert [entry.bytes for entry in entries] == sorted((entry.bytes for entry in entries), reverse=True)
    assert "memory" in {entry.name for entry in layout.sram_symbols}
    assert layout.stack_top - layout.stack_bottom == 1024


def test_every_provokable_error_is_provoked():
    assert set(bad_frames(16, 3)) == set(ErrorCode) - {ErrorCode.NETWORK}
    assert np.unique([frame for frame in bad_frames(16, 3).values()]).size == 7
