"""Measuring an environment, on the test image: scores compared, instruction-scaled time beside the model's, absence said."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.client import Client, MachineTransport
from gates.environments import environment as environments, measure as measuring, renode
from gates.environments.answers import Answers
from gates.environments.measure import measure
from gates.testing import echo
from tools.sim.machine import Machine

WINDOWS = echo.plan().quantize(echo.pilot(30).x)
ANSWERS = Answers(WINDOWS, echo.Reference().scores(WINDOWS))


def _environment(runner: str, windows: int = 200) -> environments.Environment:
    return environments.Environment("here", runner, "stm32l476", Path(echo.BIN), 80_000_000, windows, 1)


def test_equal_scores_are_counted() -> None:
    assert measure(_environment("sim"), ANSWERS, "cycle model") == {"windows": 30, "differing_windows": 0, "first_difference": ""}


def test_differing_scores_are_counted_and_the_first_is_named() -> None:
    wrong = Answers(WINDOWS, echo.Reference(off_by=1).scores(WINDOWS))
    measured = measure(_environment("sim"), wrong, "cycle model")
    assert measured["differing_windows"] == 1
    assert measured["first_difference"].startswith("1 of 30 windows differ from TFLite's reference kernels; window 15: got [")


def test_no_more_windows_are_run_than_the_environment_allows() -> None:
    assert measure(_environment("sim", windows=7), ANSWERS, "cycle model")["windows"] == 7


def test_a_machine_without_renode_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renode, "installed", lambda: None)
    assert measure(_environment("renode"), ANSWERS, "instruction-scaled") == {"not_run": "no Renode on this machine"}


def test_instruction_scaled_time_has_its_ratio_to_the_cycle_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Renode would be, a machine without wait states. Of one window, since later ones find all code in the cache."""
    @contextmanager
    def service(environment: environments.Environment):
        yield Client(transport=MachineTransport(Machine(environment.image.read_bytes(), timing="zero_wait")))

    monkeypatch.setattr(renode, "installed", lambda: "/somewhere/renode")
    monkeypatch.setattr(measuring, "service", service)
    measured = measure(_environment("renode", windows=1), ANSWERS, "instruction-scaled")
    assert 0 < measured["cycles"] < measured["model_cycles"] and measured["model_profile"] == "stm32l476_80mhz"
    assert measured["ratio"] == measured["cycles"] / measured["model_cycles"]
    assert measured["time_us"] == measured["cycles"] / 80
    (counted,), (modelled,) = (echo.booted(timing=timing).classify(WINDOWS[:1]).cycles for timing in ("zero_wait", "stm32l476_80mhz"))
    assert measured["cycles"] == counted
    # Here the service has named itself and its classes before, and brought some code into the cache.
    assert modelled <= measured["model_cycles"] < 2 * modelled
