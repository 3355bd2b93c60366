"""Measuring time on the test image: plausible cycles, a stopwatch that agrees, a tick that costs, a limit that fails."""

import dataclasses

import pytest

from gates.check import failures
from gates.testing import echo
from gates.timing import judge
from gates.timing.bracket import Bracket
from gates.timing.measure import Image, check_counter, measure
from tools.errors import UserError
from tools.sim.boards import board_named
from tools.sim.timing.profiles import PROFILES


def _image() -> Image:
    return Image(echo.BIN.read_bytes(), echo.ELF.read_bytes(), echo.plan(), "stm32l476")


@pytest.fixture(name="measured", scope="module")
def _measured():
    return measure(echo.spec(), _image(), echo.pilot(40))


def test_the_target_names_the_judged_profile(measured):
    assert measured["judged_profile"] == board_named(_image().board).profile == "stm32l476_80mhz"
    assert measured["profiles"]["stm32l476_80mhz"]["windows"] == 12 == measured["profiles"]["zero_wait"]["windows"]
    assert "per_class" in measured["profiles"]["stm32l476_80mhz"] and "per_class" not in measured["profiles"]["zero_wait"]
    (limited, *_) = judge.checks(measured, echo.spec())
    assert limited.what == "slowest input, profile stm32l476_80mhz" and limited.limit


def test_a_firmware_at_another_clock_than_the_profiles_is_refused():
    other = dataclasses.replace(_image(), board="stm32l4r5")
    with pytest.raises(UserError, match="timing: stm32l4r5's profile stm32l4r5_120mhz is for another clock; got firmware at "
                                        "80,000,000 Hz, want 120,000,000 Hz. Fix: "):
        measure(echo.spec(), other, echo.pilot(40))


def test_echo_is_fast_and_holds(measured):
    judged = measured["profiles"][measured["judged_profile"]]
    assert judged["windows"] == 12
    assert 20 < judged["cycles"]["min"] <= judged["cycles"]["median"] <= judged["cycles"]["max"] < 1000
    assert judged["time_us"]["max"] == judged["cycles"]["max"] / 80
    assert set(judged["per_class"]) == set(echo.spec().classes)
    assert failures(judge.checks(measured, echo.spec())) == []


def test_the_search_finds_nothing_faster_than_the_pilot_windows(measured):
    worst = measured["worst"]
    assert worst["cycles"] >= measured["profiles"][measured["judged_profile"]]["cycles"]["max"]
    assert worst["time_us"] == worst["cycles"] / 80 and worst["inputs_searched"] > 100 and worst["input"]


def test_every_profile_is_reported_and_wait_states_cost_cycles(measured):
    profiles = measured["profiles"]
    assert set(profiles) == set(PROFILES)
    for name, figures in profiles.items():
        assert figures["cycles"]["min"] >= profiles["zero_wait"]["cycles"]["min"], name
        assert figures["time_us"]["max"] == figures["cycles"]["max"] * 1e6 / figures["clock_hz"]
    assert profiles["stm32l476_80mhz"]["cycles"]["max"] > profiles["zero_wait"]["cycles"]["max"]
    assert profiles["stm32f407_168mhz"]["clock_hz"] == 168_000_000


def test_a_tick_costs_what_an_exception_costs(measured):
    ticked = measured["ticked"]
    assert ticked["tick_hz"] == 1000 and ticked["time_us"] == ticked["cycles"] / 80
    # Echo is so short that most ticks miss it; one that hits it costs entry, return and an empty handler.
    assert 0 <= ticked["cycles"] - measured["worst"]["cycles"] < 100


def test_the_firmware_counts_what_the_stopwatch_says(measured):
    assert measured["counter"] == {"windows": 6, "disagreements": 0, "first": ""}


def test_a_counter_that_is_off_is_noticed():
    """A firmware that counted from another moment on: the stopwatch is started by the wrong function."""
    def watched():
        return echo.booted(timing="stm32l476_80mhz", transport=lambda machine: Bracket(machine, "frame_begin"))

    checked = check_counter(watched, echo.plan().quantize(echo.pilot(2).x))
    assert checked["disagreements"] == 2
    assert checked["first"].startswith("window 0: ")


def test_a_limit_that_leaves_no_margin_fails(measured):
    spec = echo.spec()
    timing = dataclasses.replace(spec.gates.timing, time_us_max=measured["worst"]["time_us"])
    spec = dataclasses.replace(spec, gates=dataclasses.replace(spec.gates, timing=timing))
    (complaint,) = failures(judge.checks(measured, spec))
    assert complaint.startswith("timing: slowest input takes too long; got ") and "less 5%" in complaint


def test_a_network_without_a_timing_gate_is_timed_all_the_same():
    spec = echo.spec()
    spec = dataclasses.replace(spec, gates=dataclasses.replace(spec.gates, timing=None))
    measured = measure(spec, _image(), echo.pilot(40))
    assert measured["profiles"][measured["judged_profile"]]["windows"] == 20


def test_an_elf_without_the_inference_is_refused():
    with pytest.raises(UserError, match="timing: the ELF has no symbol other_run"):
        echo.booted(timing="zero_wait", transport=lambda machine: Bracket(machine, "other_run"))
