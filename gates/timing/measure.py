"""Measures time: cycles of the inference as the firmware counts them, on the cycle model of the simulator.

Inputs: --spec, --image (.bin), --elf (its symbols), --pilot (.npz), --plan (JSON). Output: JSON with minimum, median and
maximum of cycles and microseconds per profile of the cycle model and per class, and a check of the firmware's counter
against the simulator's stopwatch. Judged is the profile zero_wait; the board's own is reported beside it.
Non-goals: the verdict (judge.py).
"""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from absl import flags

from gates import image as gated, measurement, windows
from gates.timing.bracket import Bracket
from model import spec as model_spec
from model.data import dataset
from tools import errors
from tools.sim.boards import board_named

JUDGED_PROFILE = "zero_wait"
# For a network that declares no timing gate: enough to state a time after a build.
_WINDOWS_UNGATED = 20
# Windows whose count is held against the stopwatch.
_BRACKETED = 6
# What the firmware's count may exceed the stopwatch by: the call, its arguments and two reads of the counter.
_CALL_CYCLES_MAX = 100


def measure(spec: model_spec.Spec, image: bytes, elf: bytes, plan: gated.Plan, pilot: dataset.Part) -> dict[str, Any]:
    """The measurement; `image` boots once per profile, and once more under the stopwatch."""
    count = spec.gates.timing.windows if spec.gates.timing else _WINDOWS_UNGATED
    chosen = windows.spread_over_classes(pilot.y, count)
    quantized, labels = plan.quantize(pilot.x[chosen]), pilot.y[chosen]
    profiles, clock_hz = {}, 0
    for profile in (JUDGED_PROFILE, board_named(spec.target).profile):
        booted = gated.BootedImage(image, plan, spec.target, timing=profile, elf=elf)
        clock_hz = booted.identity.clock_hz
        profiles[profile] = _profile(booted.classify(quantized).cycles, labels, spec.classes, clock_hz)
    def stopwatch() -> gated.BootedImage:
        return gated.BootedImage(image, plan, spec.target, timing=JUDGED_PROFILE, elf=elf,
                                 transport=lambda machine: Bracket(machine, f"{plan.name}_run"))

    few = windows.spread_over_classes(labels, _BRACKETED)
    return {"clock_hz": clock_hz, "counter": check_counter(stopwatch, quantized[few]), "judged_profile": JUDGED_PROFILE,
            "largest_layer": plan.largest_layer, "profiles": profiles}


def _profile(cycles: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], clock_hz: int) -> dict[str, Any]:
    per_class = {name: _spread(cycles[labels == label], clock_hz) for label, name in enumerate(classes)
                 if np.any(labels == label)}
    return {**_spread(cycles, clock_hz), "per_class": per_class, "windows": len(cycles)}


def _spread(cycles: np.ndarray, clock_hz: int) -> dict[str, Any]:
    """Minimum, median (the lower one of an even count, so that it was measured) and maximum."""
    values = [int(value) for value in cycles]
    figures = {"min": min(values), "median": statistics.median_low(values), "max": max(values)}
    return {"cycles": figures, "time_us": {name: value * 1e6 / clock_hz for name, value in figures.items()}}


def check_counter(stopwatch: Callable[[], gated.BootedImage], quantized: np.ndarray) -> dict[str, Any]:
    """The firmware's count of each window, int8 [N, ...], against a stopwatch's.

    Each window gets a machine of its own: Unicorn sees where to stop only in code that it hasn't translated yet.
    """
    disagreements = []
    for number, window in enumerate(quantized):
        booted = stopwatch()
        counted = int(booted.classify(window[None]).cycles[0])
        bracket = booted.transport.cycles
        if not bracket or not 0 <= counted - bracket <= _CALL_CYCLES_MAX:
            disagreements.append(f"window {number}: {counted} where the stopwatch says {bracket}")
    return {"windows": len(quantized), "disagreements": len(disagreements),
            "first": disagreements[0] if disagreements else ""}


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to judge", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from, for its symbols", required=True)
    flags.DEFINE_string("pilot", None, ".npz with the pilot set", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    spec = model_spec.load(args.spec)
    measurement.write(args.output, measure(
        spec, gated.read_image(args.image), gated.read_image(args.elf), gated.read_plan(args.plan),
        dataset.load_pilot(args.pilot, len(spec.classes))))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
