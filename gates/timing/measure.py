"""Measures time: cycles of the inference as the firmware counts them, on the cycle model of the simulator.

Inputs: --spec, --image (.bin), --elf (its symbols), --pilot (.npz), --plan (JSON). Output: JSON with minimum, median and
maximum over pilot windows for every profile of the cycle model; for the target's own, which is judged, also the slowest input
that a search found (search.py), with its cycles by layer, and the worst case under a tick of 1 kHz; and a check of the
firmware's counter against the simulator's stopwatch. Non-goals: the verdict (judge.py).
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from absl import flags

from gates import image as gated, measurement, windows
from gates.timing.bracket import Bracket
from gates.timing.search import Timed, search
from model import spec as model_spec
from model.data import dataset
from tools import errors
from tools.profile.layers import profile_call
from tools.sim.boards import board_named
from tools.sim.machine import Machine
from tools.sim.timing.profiles import PROFILES

# For a network that declares no timing gate: enough to state a time after a build.
_WINDOWS_UNGATED = 20
# Windows of profiles that are only reported, and those whose count is held against the stopwatch.
_WINDOWS_REPORTED, _BRACKETED = 12, 6
# What the firmware's count may exceed the stopwatch by: the call, its arguments and two reads of the counter.
_CALL_CYCLES_MAX = 150
_TICK_HZ = 1000
# Inferences under the tick: each begins at another phase of it, since receiving a window takes no whole number of ticks.
_TICKED_RUNS = 24


@dataclass(frozen=True)
class Image:
    """The image under judgement, and how to boot it."""

    image: bytes
    elf: bytes
    plan: gated.Plan
    board: str

    @property
    def judged_profile(self) -> str:
        """The cycle model's profile that the verdict is about: the target's own."""
        return board_named(self.board).profile

    def boot(self, timing: str, **options: Any) -> gated.BootedImage:
        """Boots with the cycle model's profile `timing`; options as of BootedImage."""
        return gated.BootedImage(self.image, self.plan, self.board, timing=timing, elf=self.elf, **options)


def measure(spec: model_spec.Spec, subject: Image, pilot: dataset.Part) -> dict[str, Any]:
    """The measurement; `subject` boots once per profile, and anew for each further question.

    Raises:
        UserError: the firmware's clock is not the one whose wait states the target's profile has.
    """
    count = spec.gates.timing.windows if spec.gates.timing else _WINDOWS_UNGATED
    chosen = windows.spread_over_classes(pilot.y, count)
    quantized, labels = subject.plan.quantize(pilot.x[chosen]), pilot.y[chosen]
    judged = subject.boot(subject.judged_profile)
    clock_hz = judged.identity.clock_hz
    _expect_clock(subject, clock_hz)
    cycles = judged.classify(quantized).cycles
    known = [Timed(window, int(taken), f"pilot window {number}") for number, window, taken in zip(chosen, quantized, cycles)]
    slow, tried = search(lambda window: int(judged.classify(window[None]).cycles[0]), known)
    few = windows.spread_over_classes(labels, _BRACKETED)
    per_class = {name: spread(cycles[labels == label], clock_hz) for label, name in enumerate(spec.classes)
                 if np.any(labels == label)}
    return {
        "clock_hz": clock_hz,
        "counter": check_counter(partial(stopwatch, subject), quantized[few]),
        "judged_profile": subject.judged_profile,
        "profiles": {subject.judged_profile: {**spread(cycles, clock_hz), "per_class": per_class, "windows": len(cycles)},
                     **reported_profiles(subject, quantized, labels)},
        "ticked": ticked(subject, slow[0].window),
        "worst": {"cycles": slow[0].cycles, "input": slow[0].origin, "inputs_searched": tried,
                  "time_us": slow[0].cycles * 1e6 / clock_hz, **inference(subject, slow[0].window)},
    }  # fmt: skip


def _expect_clock(subject: Image, clock_hz: int) -> None:
    want_hz = PROFILES[subject.judged_profile].clock_hz
    if clock_hz != want_hz:
        raise errors.UserError(
            f"timing: {subject.board}'s profile {subject.judged_profile} is for another clock; got firmware at {clock_hz:,} "
            f"Hz, want {want_hz:,} Hz. Fix: mend the firmware's clock, or name the profile for it in tools/sim/boards.py")


def reported_profiles(subject: Image, quantized: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """The profiles that are not judged, each at its own clock; one without wait states at the firmware's, to compare with."""
    figures = {}
    for name, profile in PROFILES.items():
        if name != subject.judged_profile:
            booted = subject.boot(name)
            clock_hz = profile.clock_hz if profile.art else booted.identity.clock_hz
            cycles = booted.classify(quantized[windows.spread_over_classes(labels, _WINDOWS_REPORTED)]).cycles
            figures[name] = {**spread(cycles, clock_hz), "windows": len(cycles)}
    return figures


def spread(cycles: np.ndarray, clock_hz: int) -> dict[str, Any]:
    """Minimum, median (the lower one of an even count, so that it was measured) and maximum."""
    values = [int(value) for value in cycles]
    figures = {"min": min(values), "median": statistics.median_low(values), "max": max(values)}
    return {"clock_hz": clock_hz, "cycles": figures,
            "time_us": {name: value * 1e6 / clock_hz for name, value in figures.items()}}


def inference(subject: Image, window: np.ndarray) -> dict[str, Any]:
    """What the profile (tools/profile) says of one inference: its layers, in order, and how much the model assumed."""
    booted = subject.boot(subject.judged_profile)
    profile = profile_call(booted.machine, subject.judged_profile, f"{subject.plan.name}_run", subject.plan.layers,
                           lambda: booted.classify(window[None])).as_dict()
    return {name: profile[name] for name in ("assumed_blocks", "blocks", "layers")}


def ticked(subject: Image, window: np.ndarray) -> dict[str, Any]:
    """The slowest of several inferences of `window` while SysTick interrupts them at 1 kHz with an empty handler."""
    booted = subject.boot(subject.judged_profile)
    clock_hz = booted.identity.clock_hz
    booted.machine.start_systick(clock_hz // _TICK_HZ)
    cycles = int(booted.classify(np.repeat(window[None], _TICKED_RUNS, axis=0)).cycles.max())
    return {"cycles": cycles, "runs": _TICKED_RUNS, "tick_hz": _TICK_HZ, "time_us": cycles * 1e6 / clock_hz}


def stopwatch(subject: Image) -> gated.BootedImage:
    """A booted image under the simulator's stopwatch."""
    def bracket(machine: Machine) -> Bracket:
        return Bracket(machine, f"{subject.plan.name}_run", subject.plan.instruction_limit)

    return subject.boot(subject.judged_profile, transport=bracket)


def check_counter(watched: Callable[[], gated.BootedImage], quantized: np.ndarray) -> dict[str, Any]:
    """The firmware's count of each window, int8 [N, ...], against a stopwatch's.

    Each window gets a machine of its own, so that the stopwatch's stops disturb no other window.
    """
    disagreements = []
    for number, window in enumerate(quantized):
        booted = watched()
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
    subject = Image(gated.read_image(args.image), gated.read_image(args.elf), gated.read_plan(args.plan), spec.target)
    measurement.write(args.output, measure(spec, subject, dataset.load_pilot(args.pilot, len(spec.classes))))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
