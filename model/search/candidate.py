"""Makes and measures one candidate: trained, quantized, compiled, linked and simulated, by the tools that the build uses.

Inputs: the network's spec, an architecture, the data set. Outputs: Figures. Training and quantization run as programs of their own, since
Keras has one backend per process. Nothing is estimated: bytes are those of the linked image, cycles those of its inference in the
profile of the target, precision what the booted image says to the validation part.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cmsis.compiler.compiler import compile_model
from cmsis.compiler.lowering import costs
from cmsis.compiler.lowering.choose import Policy
from gates import image as gated
from gates.precision.metrics import confusion_matrix, metrics
from gates.size import measure as size
from model import spec as model_spec
from model.data import dataset
from model.schema import read_yaml
from model.search.image import image_of, link_image
from tools.errors import UserError
from tools.link.kit import Kit
from tools.sim.boards import BOARDS


class KilledError(Exception):
    """A tool was stopped from outside."""


@dataclasses.dataclass(frozen=True)
class Figures:
    """Of an image: flash and SRAM bytes (static and the deepest stack), the cycles of an inference, macro precision on validation."""

    flash_bytes: int
    sram_bytes: int
    cycles: int
    macro_precision: float


@dataclasses.dataclass(frozen=True)
class Workbench:
    """What every candidate is made from: the spec's file, the data set's, the epochs of both trainings, the detector, the tools' paths."""

    spec: Path
    data: Path
    epochs: int
    has_detector: bool
    tools: dict[str, Path]
    kit: Kit


def candidate_spec(bench: Workbench, architecture: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The YAML of the spec with another architecture, trained for the bench's epochs."""
    spec = read_yaml(bench.spec)
    spec["architecture"] = list(architecture)
    spec["training"]["epochs"] = bench.epochs
    aware = (spec.get("quantization") or {}).get("aware")
    if aware:
        aware["epochs"] = max(bench.epochs // 2, 1)
    return spec


def measure(bench: Workbench, architecture: Sequence[dict[str, Any]], windows: int) -> Figures:
    """The figures of an architecture, its precision on the first `windows` of the validation part; UserError where a step refuses it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "candidate.yaml"
        path.write_text(yaml.safe_dump(candidate_spec(bench, architecture), sort_keys=False), encoding="utf-8")
        spec = model_spec.load(path)
        _run(bench, "train", spec=path, dataset=bench.data, output=folder / "net.keras", history=folder / "history.json", ranges=folder / "ranges.json")
        _run(bench, "quantize", spec=path, dataset=bench.data, model=folder / "net.keras", ranges=folder / "ranges.json",
             output=folder / "net.tflite", report=folder / "report.json")
        _run(bench, "costs", spec=path, model=folder / "net.tflite", output=folder / "costs.json")
        policy = Policy(spec.compiler.policy, spec.compiler.flash_bytes, spec.compiler.sram_bytes)
        library = compile_model((folder / "net.tflite").read_bytes(), spec.name, tuple(spec.classes), f"{spec.name}.h", policy,
                                costs.from_json((folder / "costs.json").read_text(encoding="utf-8")))
        (folder / "plan.json").write_text(library.plan, encoding="utf-8")
        elf = link_image(bench.kit, library, spec.target, bench.has_detector)
        return _measured(spec, gated.read_plan(str(folder / "plan.json")), image_of(bench.kit, elf), elf,
                         dataset.load_dataset(bench.data, len(spec.classes)).validation, windows)


def _measured(spec: Any, plan: gated.Plan, image: bytes, elf: bytes, part: dataset.Part, windows: int) -> Figures:
    timed = gated.BootedImage(image, plan, spec.target, elf=elf, timing=BOARDS[spec.target].profile)
    cycles = int(timed.classify(plan.quantize(part.x[:1])).cycles[0])
    booted = gated.BootedImage(image, plan, spec.target, elf=elf)
    classes = booted.classify(plan.quantize(part.x[:windows])).classes
    found = metrics(confusion_matrix(part.y[:windows], classes, len(spec.classes)))
    bytes_ = size.measure(spec, image, elf, plan, part)
    return Figures(bytes_["flash_bytes"], bytes_["sram_bytes"], cycles, found.macro_precision)


def _run(bench: Workbench, tool: str, **flags: Path) -> None:
    """Runs a tool of the build; UserError with its last line where it fails."""
    command = [sys.executable, str(bench.tools[tool].absolute()), *(f"--{name}={value}" for name, value in flags.items())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode < 0:  # no verdict about the candidate: the search can be started again
        raise KilledError(f"search: {tool} was killed by signal {-done.returncode}; got no figures, want them. Fix: start the same search again")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise UserError(f"search: {tool} refuses the candidate; got {(lines or ['no message'])[-1]}, want success. Fix: correct the space")
