"""Measuring time on the test image: plausible cycles, a stopwatch that agrees, a limit that fails."""

import dataclasses

import pytest

from gates.check import failures
from gates.testing import echo
from gates.timing import judge
from gates.timing.bracket import Bracket
from gates.timing.measure import check_counter, measure
from tools.errors import UserError


@pytest.fixture(name="measured", scope="module")
def _measured():
    return measure(echo.spec(), echo.BIN.read_bytes(), echo.ELF.read_bytes(), echo.plan(), echo.pilot(40))


def test_echo_is_fast_and_holds(measured):
    judged = measured["profiles"]["zero_wait"]
    assert judged["windows"] == 12
    assert 20 < judged["cycles"]["min"] <= judged["cycles"]["median"] <= judged["cycles"]["max"] < 1000
    assert judged["time_us"]["max"] == judged["cycles"]["max"] / 80
    assert set(judged["per_class"]) == set(echo.spec().classes)
    assert failures(judge.checks(measured, echo.spec())) == []


def test_flash_wait_states_cost_cycles(measured):
    (other,) = set(measured["profiles"]) - {"zero_wait"}
    assert measured["profiles"][other]["cycles"]["max"] > measured["profiles"]["zero_wait"]["cycles"]["max"]


def test_the_firmware_counts_what_the_stopwatch_says(measured):
    assert measured["counter"] == {"windows": 6, "disagreements": 0, "first": ""}


def test_a_counter_that_is_off_is_noticed():
    """A firmware that counted from another moment on: the stopwatch is started by the wrong function."""
    def stopwatch():
        return echo.booted(timing="zero_wait", transport=lambda machine: Bracket(machine, "frame_begin"))

    checked = check_counter(stopwatch, echo.plan().quantize(echo.pilot(2).x))
    assert checked["disagreements"] == 2
    assert checked["first"].startswith("window 0: ")


def test_a_limit_below_the_slowest_window_fails(measured):
    slowest = measured["profiles"]["zero_wait"]["cycles"]["max"]
    spec = echo.spec()
    timing = dataclasses.replace(spec.gates.timing, time_us_max=(slowest - 1) / 80)
    spec = dataclasses.replace(spec, gates=dataclasses.replace(spec.gates, timing=timing))
    (complaint,) = failures(judge.checks(measured, spec))
    assert complaint.startswith("timing: slowest window takes too long; got ") and "over by 1 cycles" in complaint


def test_a_network_without_a_timing_gate_is_timed_all_the_same():
    spec = echo.spec()
    spec = dataclasses.replace(spec, gates=dataclasses.replace(spec.gates, timing=None))
    measured = measure(spec, echo.BIN.read_bytes(), echo.ELF.read_bytes(), echo.plan(), echo.pilot(40))
    assert measured["profiles"]["zero_wait"]["windows"] == 20


def test_an_elf_without_the_inference_is_refused():
    with pytest.raises(UserError, match="timing: the ELF has no symbol other_run"):
        echo.booted(timing="zero_wait", transport=lambda machine: Bracket(machine, "other_run"))
