"""Judges the image on a folder of recordings: bazel run //gates/field -- FOLDER LABELS.csv.

Inputs: a folder with COMTRADE, CSV or NumPy recordings, LABELS.csv (labels.py) which names those that count and their channels; --spec,
--image (.bin), --elf, --plan (JSON); --hop, samples from one window to the next. The image runs in the simulator, asked over its service.
Outputs: a table, and with --output the measurement as JSON. Exit code 1 where a limit is not held. Nothing else is written.
"""

import os
import sys
from pathlib import Path

from absl import flags

from gates import image as gated, measurement
from gates.field import events, judge, measure
from gates.field.labels import Label, read_labels
from model import spec as model_spec
from model.data.recordings.framing import Framed, frame
from model.data.recordings.recording import read
from tools import errors

_HOP = 16


def framed_recordings(folder: Path, labels: dict[str, dict[str, list[Label]]], samples_per_cycle: int) -> list[Framed]:
    """The labelled recordings of `folder`, each with its labelled channels; UserError for one that is not there."""
    found = []
    for name, channels in labels.items():
        path = folder / name.split("[")[0]
        matching = [one for one in read(path, tuple(channels)) if "[" not in name or one.name == Path(name).name]
        if not matching:
            raise errors.UserError(f"{name}: is not among the recordings of {path.name}; got none of that number, want one. Fix: correct the labels.")
        found += [frame(one, samples_per_cycle) for one in matching]
    return found


def table(found: dict) -> list[str]:
    """The confusion matrix and the figures per state, as lines."""
    network, names = found["network"], found["rule"]
    lines = [f"{'rule':>14} | " + " | ".join(f"{name:>12}" for name in (*names, "other")) + " |  precision | recall"]
    for name, row in zip(names, network["confusion"]):
        figures = network["per_class"].get(name)
        shares = f"{figures['precision']:10.4f} | {figures['recall']:.4f}" if figures else f"{'none':>10} | none"
        lines.append(f"{name:>14} | " + " | ".join(f"{count:>12,}" for count in row) + f" | {shares}")
    return lines


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to judge", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_integer("hop", _HOP, "samples from one window to the next", lower_bound=1)
    flags.DEFINE_string("output", None, "JSON to write")


def main(argv: list[str]) -> None:
    args = flags.FLAGS
    if len(argv) != 3:
        raise errors.UserError(f"field: wants a folder and its labels; got {len(argv) - 1} arguments, want 2. Fix: bazel run //gates/field -- "
                               "FOLDER LABELS.csv")
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    folder, labels = here / argv[1], read_labels(here / argv[2])
    spec, plan = model_spec.load(args.spec), gated.read_plan(args.plan)
    if spec.gates.field is None or spec.data is None:
        raise errors.UserError(f"{Path(args.spec).name}: gates.field: is missing; got no limits, want them. Fix: add the section")
    framed = framed_recordings(folder, labels, spec.data.samples_per_cycle)
    image = gated.BootedImage(gated.read_image(args.image), plan, spec.target, elf=gated.read_image(args.elf))
    found = measure.measure(framed, lambda x: image.classify(plan.quantize(x)).classes, args.hop, spec.data.full_scale_pu)
    found["events"] = events.measure_events(framed, lambda codes: image.client.detect(codes).events)
    if args.output:
        measurement.write(str(here / args.output), found)
    checks = judge.checks(found, spec.gates.field)
    print(f"{len(framed)} recordings, {sum(len(one.voltage_pu) for one in framed)} phases", *table(found),
          *(f"{check.what}: {check.measured}{f' (limit {check.limit})' if check.limit else ''}" for check in checks),
          *(check.failure for check in checks if check.failure), sep="\n", flush=True)
    if any(check.failure for check in checks):
        sys.exit(1)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
