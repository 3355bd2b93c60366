"""A profile in speedscope's file format, for https://www.speedscope.app and other viewers that read it.

Format: https://www.speedscope.app/file-format-schema.json, profiles of type `sampled`: each sample is a stack of indices
into `shared.frames`, outermost first, with a weight; here one per function and cause, in the order of execution, in cycles.
"""

from dataclasses import asdict
from typing import Any

from tools.profile.layers import Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def stacks(profile: Profile) -> list[tuple[tuple[str, ...], int]]:
    """Each path with its cycles; cycles that are no execution have their cause, `[fetch]` say, as the innermost frame."""
    found = []
    for path, part in profile.by_path.items():
        for cause, cycles in asdict(part.cycles).items():
            if cycles:
                found.append((path if cause == "execute" else (*path, f"[{cause}]"), cycles))
    return found


def as_speedscope(network: str, profiles: list[Profile]) -> dict[str, Any]:
    """The file's JSON, with one profile for each of `profiles`."""
    frames: dict[str, int] = {}
    parts = []
    for profile in profiles:
        samples, weights = [], []
        for stack, cycles in stacks(profile):
            samples.append([frames.setdefault(name, len(frames)) for name in stack])
            weights.append(cycles)
        parts.append({
            "type": "sampled", "name": f"{network}, {profile.timing}: cycles", "unit": "none",
            "startValue": 0, "endValue": sum(weights), "samples": samples, "weights": weights,
        })  # fmt: skip
    return {
        "$schema": SCHEMA, "activeProfileIndex": 0, "exporter": "EdgePlug", "name": network,
        "profiles": parts, "shared": {"frames": [{"name": name} for name in frames]},
    }  # fmt: skip
