"""The report's line about an environment."""

from gates.environments.judge import check
from gates.testing import fixtures


def test_an_environment_that_scores_as_tflite_holds() -> None:
    line = check(fixtures.environment("qemu"))
    assert (line.what, line.limit, line.failure) == ("qemu", "0 windows differ", "")
    assert line.measured == ("the same sources on netduinoplus2; 0 of 200 windows differ from TFLite's reference kernels; "
                             "time: none, it has no cycle counter")


def test_one_that_differs_fails_unless_other_kernels_are_linked() -> None:
    differing = fixtures.environment("sim") | {"differing_windows": 1, "first_difference": "window 3: got [1], want [2]"}
    assert check(differing).failure.startswith("environment sim: window 3: got [1], want [2]. Fix: run bazel test //gates/")
    reported = check(differing | {"exact_required": False})
    assert reported.failure == reported.limit == "" and "1 of 200 windows differ" in reported.measured


def test_instruction_scaled_time_is_called_so_beside_the_models() -> None:
    line = check(fixtures.environment("renode"))
    assert line.measured.endswith("; time: instruction-scaled 312.0 us (24,960 cycles, median), 0.65 of the cycle model's 38,400 "
                                  "(stm32l476_80mhz)")


def test_one_that_did_not_run_says_why_and_has_no_limit() -> None:
    absent = {"environment": "renode", "not_run": "no Renode on this machine"}
    assert check(absent).measured == "not run: no Renode on this machine" and check(absent).limit == check(absent).failure == ""
