"""Specs and measurements for the gates' tests: good ones, to be made bad in exactly one respect."""

from pathlib import Path
from typing import Any

from model import spec as model_spec

_FOLDER = Path(__file__).parent
SPEC_PATH = str(_FOLDER / "network.yaml")
UNGATED_SPEC_PATH = str(_FOLDER / "ungated.yaml")


def spec() -> model_spec.Spec:
    """A spec with all gates: two classes, the limits of the first network."""
    return model_spec.load(SPEC_PATH)


def precision() -> dict[str, Any]:
    """A precision measurement that stands exactly on every limit."""
    return {
        "accuracy": 0.98,
        "confusion": [[97, 3], [1, 99]],
        "macro_precision": 0.98,
        "macro_recall": 0.97,
        "per_class": {"calm": {"precision": 1.0, "recall": 0.97}, "sag": {"precision": 0.95, "recall": 0.99}},
        "scores": {"differing_windows": 0, "exact_required": True, "first_difference": None,
                   "largest_difference": 0, "windows": 200},
        "windows": 200,
    }


def timing() -> dict[str, Any]:
    """A timing measurement whose slowest window takes exactly 40,000 cycles, 500 us."""
    profile = {"cycles": {"min": 39000, "median": 39500, "max": 40000},
               "time_us": {"min": 487.5, "median": 493.75, "max": 500.0},
               "windows": 200}
    slower = dict(profile, time_us={"min": 600.0, "median": 650.0, "max": 700.0})
    return {
        "clock_hz": 80_000_000,
        "counter": {"windows": 12, "disagreements": 0, "first": ""},
        "judged_profile": "zero_wait",
        "largest_layer": "conv_2, 6,144 MACs",
        "profiles": {"zero_wait": profile, "art": slower},
    }


def size() -> dict[str, Any]:
    """A size measurement that fills flash and SRAM to the last byte."""
    return {
        "flash_bytes": 16384, "sram_bytes": 4096, "static_bytes": 3496, "stack_bytes": 600,
        "stack_deepest": "pilot windows",
        "largest_flash": [{"name": "conv1_weights", "bytes": 11204}, {"name": "run", "bytes": 1200}],
        "largest_sram": [{"name": "memory", "bytes": 3400}],
    }


def adversarial() -> dict[str, Any]:
    """An adversarial measurement that stands exactly on every limit."""
    return {
        "attacks": [{"epsilon_pu": 0.01, "firmware": {"both": 0.9}}, {"epsilon_pu": 0.05, "firmware": {"both": 0.5}}],
        "deepxplore": {"seeds": 30, "coverage_before": 0.7, "coverage_after": 0.8, "difference_inducing": 12,
                       "firmware_wrong": 5,
                       "failure_modes": [{"true": "calm", "called": "sag", "networks_wrong": 12, "firmware_wrong": 5,
                                          "peak_change_pu": {"noise": 0.04, "offset": 0.0125}}]},
    }


def reproducibility() -> dict[str, Any]:
    """A reproducibility measurement of one artifact, made twice and equal."""
    digest = {"sha256": "ab" * 32, "bytes": 16000}
    return {"artifacts": [{"name": "model.bin", "distinct": True, "first": digest, "second": dict(digest),
                           "difference": None}]}
