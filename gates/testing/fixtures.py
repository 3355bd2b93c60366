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
    """A timing measurement whose slowest input takes exactly 38,000 cycles at 80 MHz: 475 us, 500 us less 5 %."""
    profile = {"clock_hz": 80_000_000, "cycles": {"min": 36000, "median": 36800, "max": 37600},
               "time_us": {"min": 450.0, "median": 460.0, "max": 470.0}, "windows": 200}
    faster = dict(profile, time_us={"min": 400.0, "median": 410.0, "max": 420.0}, windows=12)
    return {
        "clock_hz": 80_000_000,
        "counter": {"windows": 12, "disagreements": 0, "first": ""},
        "judged_profile": "stm32l476_80mhz",
        "profiles": {"stm32l476_80mhz": profile, "zero_wait": faster},
        "ticked": {"cycles": 38025, "runs": 24, "tick_hz": 1000, "time_us": 475.3125},
        "worst": {"cycles": 38000, "input": "noise 3", "inputs_searched": 119, "time_us": 475.0,
                  "assumed_blocks": 12, "blocks": 4000,
                  "layers": [layer("conv_1", 4096, 12000, 20), layer("conv_2", 6144, 16000, 10, flash_cycles=4000),
                             layer("dense", 192, 900, 0), layer("softmax", 0, 1000, 200)]},
    }


def layer(name: str, macs: int, cycles: int, branch_cycles: int, flash_cycles: int = 0) -> dict[str, Any]:
    """A layer of a timing measurement, as tools/profile writes it; what neither branches nor waits for flash executes."""
    causes = dict.fromkeys(("fetch_cycles", "load_use_cycles", "other_cycles"), 0)
    causes |= {"branch_cycles": branch_cycles, "flash_cycles": flash_cycles,
               "execute_cycles": cycles - branch_cycles - flash_cycles}
    return {"name": name, "macs": macs, "cycles": cycles, "cycles_per_mac": cycles / macs if macs else None, "causes": causes}


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


def environment(name: str) -> dict[str, Any]:
    """A measurement of the environment `sim`, `qemu` or `renode`, in which all scores are right."""
    own = {
        "sim": {"time": "cycle model"},
        "qemu": {"board": "netduinoplus2", "ships": False, "time": "none"},
        "renode": {"cycles": 24960, "model_cycles": 38400, "model_profile": "stm32l476_80mhz", "ratio": 0.65,
                   "time": "instruction-scaled", "time_us": 312.0, "windows": 20},
    }
    return {"board": "stm32l476", "differing_windows": 0, "environment": name, "exact_required": True,
            "first_difference": "", "ships": True, "windows": 200, **own[name]}
