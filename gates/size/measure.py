"""Measures size: flash of the image, and SRAM as static data plus the deepest stack that was seen.

Inputs: --spec, --image (.bin), --elf, --plan (JSON), --pilot (.npz). Output: JSON with bytes, sections and the largest
symbols. The stack is painted before the boot and read after windows of every class and after bad frames of every kind.
Non-goals: the verdict (judge.py); proving a bound of the stack.
"""

import dataclasses
from typing import Any

import numpy as np
from absl import flags

from firmware import protocol
from firmware.protocol import ErrorCode, Request
from gates import image as gated, measurement, windows
from gates.size.symbols import Entry, Layout, read_layout
from model import spec as model_spec
from model.data import dataset
from tools import errors

_WINDOWS = 60
_LARGEST = 20


def measure(spec: model_spec.Spec, image: bytes, elf: bytes, plan: gated.Plan, pilot: dataset.Part) -> dict[str, Any]:
    """The measurement; figures in bytes."""
    layout = read_layout(elf, image)
    stages = _stack_by_stage(spec, image, elf, plan, pilot, layout)
    deepest = max(stages, key=lambda stage: stages[stage])
    return {
        "flash_bytes": len(image),
        "flash_sections": _as_json(layout.flash_sections),
        "largest_flash": _as_json(layout.flash_symbols[:_LARGEST]),
        "largest_sram": _as_json((Entry("stack", stages[deepest]), *layout.sram_symbols)[:_LARGEST]),
        "sram_bytes": layout.static_bytes + stages[deepest],
        "sram_sections": _as_json(layout.sram_sections),
        "stack_after": stages,
        "stack_bytes": stages[deepest],
        "stack_deepest": deepest,
        "static_bytes": layout.static_bytes,
    }


def _stack_by_stage(spec: model_spec.Spec, image: bytes, elf: bytes, plan: gated.Plan, pilot: dataset.Part,
                    layout: Layout) -> dict[str, int]:
    """High-water mark of the stack after each stage, in the order they ran; it can only grow."""
    booted = gated.BootedImage(image, plan, spec.target, elf=elf)
    marks = {}

    def mark(stage: str) -> None:
        marks[stage] = booted.machine.stack_high_water_bytes(layout.stack_top, layout.stack_bottom)

    mark("boot and identify")
    chosen = windows.spread_over_classes(pilot.y, _WINDOWS)
    booted.classify(plan.quantize(pilot.x[chosen]))
    mark("windows of every class")
    if booted.has_detector:
        booted.client.detect(_loud_codes())
        mark("streaming")
    for code, frame in bad_frames(plan.input_bytes, len(plan.classes)).items():
        _provoke(booted, code, frame)
    mark("bad frames of every kind")
    return marks


def _loud_codes() -> np.ndarray:
    """What takes the detector through events of every kind at once, int16 [3, 1024]: mains, silence, and noise."""
    mains = 724 * np.sin(2 * np.pi * np.arange(512) / 128)
    noise = np.random.default_rng(1).integers(-2048, 2048, size=(3, 256))
    return np.concatenate([np.tile(mains, (3, 1)), np.zeros((3, 256)), noise], axis=1).astype(np.int16)


def bad_frames(input_bytes: int, classes: int) -> dict[ErrorCode, bytes]:
    """A bad request for each error that a host can provoke."""
    window = bytes(input_bytes)
    good = protocol.encode(Request.RUN, window)
    return {
        ErrorCode.CRC: good[:-1] + bytes([good[-1] ^ 1]),
        ErrorCode.VERSION: protocol.encode(Request.RUN, window, version=protocol.VERSION + 1),
        ErrorCode.TYPE: protocol.encode(0x7F, b""),
        ErrorCode.LENGTH: protocol.encode(Request.RUN, window[:-1]),
        ErrorCode.OVERSIZE: protocol.encode(Request.RUN, window + b"\0"),
        ErrorCode.INDEX: protocol.encode(Request.CLASS_NAME, bytes([classes])),
        ErrorCode.TRUNCATED: good[:input_bytes // 2],
    }


def _provoke(booted: gated.BootedImage, code: ErrorCode, frame: bytes) -> None:
    """Sends a bad frame and sees to it that the path it is meant for was taken."""
    reply = booted.exchange(frame)
    if reply.type != protocol.TYPE_ERROR or reply.payload[:1] != bytes([code]):
        raise errors.UserError(f"size: a bad frame was not refused; got type {reply.type:#04x} {reply.payload.hex()}, want "
                               f"error {code.name}. Fix: run bazel test //firmware/...")


def _as_json(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(entry) for entry in entries]


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to judge", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from", required=True)
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
