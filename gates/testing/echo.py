"""The gates' test image: firmware/testing/echo, whose scores are the first three bytes of its window.

So every figure is known beforehand: a window's label is the index of its largest byte. Files are read by their path
from the workspace root, as a Bazel test has it.
"""

import dataclasses
from pathlib import Path

import numpy as np

from firmware.testing import images
from gates import image as gated
from gates.testing import fixtures
from model import spec as model_spec
from model.data import dataset

PLAN_PATH = str(images.FOLDER / "plan.json")
BIN = images.FOLDER / "echo.bin"
ELF = images.FOLDER / "echo.elf"


def spec() -> model_spec.Spec:
    """The fixtures' spec with echo's classes; no timing windows beyond 12, as echo has nothing to time."""
    base = fixtures.spec()
    gates = dataclasses.replace(base.gates, timing=dataclasses.replace(base.gates.timing, windows=12))
    return dataclasses.replace(base, name="echo", classes=images.CLASSES, gates=gates)


def plan() -> gated.Plan:
    """Echo's plan: scale 0.5, zero point -3."""
    return gated.read_plan(PLAN_PATH)


def booted(**options) -> gated.BootedImage:
    """Echo, booted; options as of BootedImage."""
    return gated.BootedImage(Path(BIN).read_bytes(), plan(), "stm32l476", elf=Path(ELF).read_bytes(), **options)


def pilot(count: int, seed: int = 1) -> dataset.Part:
    """`count` windows whose labels echo finds; the 16th byte, which orders echo about, stays at rest."""
    rng = np.random.default_rng(seed)
    quantized = np.zeros((count, images.INPUT_BYTES), np.int8)
    quantized[:, :3] = np.argsort(rng.random((count, 3)), axis=1) * 20 - 30
    x = (quantized.astype(np.float32) - plan().input_zero_point) * np.float32(0.5)
    return dataset.Part(x, np.argmax(quantized[:, :3], axis=1).astype(np.int32))


class Reference:
    """What an oracle of echo says; `off_by` is added to one score of one window."""

    input_quantization = (0.5, -3)

    def __init__(self, off_by: int = 0) -> None:
        self._off_by = off_by

    def scores(self, windows: np.ndarray) -> np.ndarray:
        scores = windows.reshape(len(windows), -1)[:, :3].copy()
        scores[len(scores) // 2, 1] += self._off_by
        return scores
