"""Judges an environment's measurement for the report: the scores are TFLite's, and whose time its time is."""

from typing import Any

from gates.check import Check

INSTRUCTION_SCALED = "instruction-scaled"
# What the cycles of an environment are, and what the report says of them.
TIMES = {
    "cycle model": "time: the cycle model's, see gate timing",
    "none": "time: none, it has no cycle counter",
    INSTRUCTION_SCALED: "time: instruction-scaled",
}


def check(measured: dict[str, Any]) -> Check:
    """The environment's line; `measured` as gates/environments/measure.py writes it."""
    name = measured["environment"]
    if "not_run" in measured:
        return Check(name, f"not run: {measured['not_run']}")
    image = "the image that ships" if measured["ships"] else "the same sources"
    differing, exact = measured["differing_windows"], measured["exact_required"]
    failure = ""
    if differing and exact:
        failure = (f"environment {name}: {measured['first_difference']}. "
                   f"Fix: run bazel test //gates/environments/..., and compare with the gate precision")
    return Check(name, f"{image} on {measured['board']}; {differing} of {measured['windows']} windows differ from TFLite's "
                 f"reference kernels; {_time(measured)}", "0 windows differ" if exact else "", failure)


def _time(measured: dict[str, Any]) -> str:
    text = TIMES[measured["time"]]
    if measured["time"] != INSTRUCTION_SCALED:
        return text
    return (f"{text} {measured['time_us']:,.1f} us ({measured['cycles']:,} cycles, median), {measured['ratio']:.2f} of the cycle "
            f"model's {measured['model_cycles']:,} ({measured['model_profile']})")
