"""Measures the streaming detector of the image: bazel run //gates/field:streaming -- --minutes=10.

Purpose: how long after its onset an event is reported, and how many events normal mains raise in an hour. The image runs in the simulator.
Inputs: --image, --elf, --plan, --spec; --minutes of normal mains (mains.py); --events, how many of each kind; --seed.
Outputs: a table, and with --output its figures as JSON. Latency counts from the onset to the end of the hop whose reply tells of the event.
"""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from firmware.client import Detected
from firmware.windows import to_codes
from gates import image as gated, measurement
from gates.field import mains
from model import spec as model_spec
from tools import errors

Detect = Callable[[np.ndarray], Detected]

_STRETCH_S = 30.0
# With no alarm in T hours their rate is below 3 / T with a confidence of 95 % (the rule of three).
_RULE_OF_THREE = 3.0


def latencies(detect: Detect, count: int, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Of `count` events of each kind: how many were reported, and the median and largest latency in ms at 50 Hz."""
    found = {}
    for kind in mains.KINDS:
        late_ms = []
        for _ in range(count):
            voltage_pu, onset = mains.with_event(kind, rng)
            reported = [clock for (channel, name, _), clock in detect(to_codes(voltage_pu)).reported.items() if (channel, name) == (0, kind)]
            if reported:
                late_ms.append((min(reported) - onset) / mains.SAMPLES_PER_S * 1e3)
        found[kind] = {"events": count, "reported": len(late_ms), "median_ms": float(np.median(late_ms)) if late_ms else float("nan"),
                       "largest_ms": max(late_ms, default=float("nan"))}
    return found


def false_alarms(detect: Detect, minutes: float, rng: np.random.Generator) -> dict[str, Any]:
    """Events in normal mains of three phases; per hour, and what the rate is below with a confidence of 95 % if there are none."""
    stretches = max(int(round(minutes * 60 / _STRETCH_S)), 1)
    alarms = Counter()
    for _ in range(stretches):
        alarms.update(event.kind for event in detect(to_codes(mains.normal(_STRETCH_S, rng))).events)
    hours = stretches * _STRETCH_S / 3600
    return {"hours": hours, "alarms": dict(sorted(alarms.items())), "per_hour": sum(alarms.values()) / hours,
            "below_per_hour": None if alarms else _RULE_OF_THREE / hours}


def table(found: dict[str, Any]) -> list[str]:
    """The figures as lines."""
    lines = [f"{kind:>14}: {one['reported']} of {one['events']} reported, {one['median_ms']:.1f} ms (median), {one['largest_ms']:.1f} ms (largest)"
             for kind, one in found["latency"].items()]
    mains_found = found["normal_mains"]
    bound = f", below {mains_found['below_per_hour']:.1f} with 95 % confidence" if mains_found["below_per_hour"] else ""
    return [*lines, f"false alarms: {mains_found['per_hour']:.1f} per hour in {mains_found['hours'] * 60:.1f} minutes of normal mains{bound}",
            *(f"{count:>14} x {kind}" for kind, count in mains_found["alarms"].items())]


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to measure", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_float("minutes", 10.0, "normal mains, in minutes of its own time", lower_bound=0.0)
    flags.DEFINE_integer("events", 50, "events of each kind", lower_bound=1)
    flags.DEFINE_integer("seed", 1, "seed of the signals")
    flags.DEFINE_string("output", None, "JSON to write")


def main(_: list[str]) -> None:
    args = flags.FLAGS
    spec, plan = model_spec.load(args.spec), gated.read_plan(args.plan)
    image = gated.BootedImage(gated.read_image(args.image), plan, spec.target, elf=gated.read_image(args.elf))
    rng = np.random.default_rng(args.seed)
    found = {"latency": latencies(image.client.detect, args.events, rng), "normal_mains": false_alarms(image.client.detect, args.minutes, rng)}
    if args.output:
        measurement.write(str(Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / args.output), found)
    print(*table(found), sep="\n", flush=True)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
