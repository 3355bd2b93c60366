"""Turns recordings into a data set, a manifest and pictures: bazel run //model/data:import -- FILE... --output=FOLDER.

Inputs: COMTRADE, CSV or NumPy files (recording.py); --licence, what they may be used for; --voltage, the channels, if they are not found by
name; --declared_v or --sliding for another reference than the first six cycles; --samples_per_cycle, --hop.
Outputs: FOLDER, which must not exist: windows.npz (x float32 [N, samples, 2] and y, those with a certain label), manifest.json (per file:
SHA-256, channels, rates, reference, windows per class), and one .svg per event. Errors: UserError naming the file; then nothing is written.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import flags

from model.data import dataset, labels
from model.data.recordings import event_picture, rms_rule, window_labels
from model.data.recordings.framing import Framed, frame
from model.data.recordings.recording import read
from tools.errors import UserError, run


def describe(framed: Framed, counts: np.ndarray, left_out: int, licence: str) -> dict:
    """The manifest's entry of one recording."""
    recording = framed.recording
    channels = {phase.name: {"reference_v": round(float(volts), 6), "has_current": phase.current is not None}
                for phase, volts in zip(recording.phases, framed.reference_v)}
    return {"name": recording.name, "sha256": recording.sha256, "licence": licence, "sampling_hz": recording.sampling_hz,
            "nominal_hz": recording.nominal_hz, "channels": channels, "left_out": left_out,
            "windows": dict(zip(labels.CLASSES, map(int, counts)))}


def convert(files: Sequence[Path], names: Sequence[str], declared_v: float | None, sliding: bool, samples: int, hop: int, licence: str,
            folder: Path) -> dict:
    """Writes windows, manifest and pictures of `files` into the empty `folder`; returns the manifest."""
    x, y, entries = [], [], []
    for recording in (recording for path in files for recording in read(path, names)):
        framed = frame(recording, samples, declared_v, sliding)
        counts, left_out = np.zeros(len(labels.CLASSES), int), 0
        for phase in range(len(recording.phases)):
            found, certain = window_labels.label(framed, phase, hop)
            x.append(framed.windows(phase, hop)[certain].astype(np.float32))
            y.append(found[certain])
            counts += np.bincount(found[certain], minlength=len(counts))
            left_out += int((~certain).sum())
            rms = rms_rule.one_cycle_rms(framed.voltage_pu[phase], samples)
            for number, event in enumerate(rms_rule.events(rms_rule.states(rms), rms)):
                name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in
                               f"{recording.name}-{recording.phases[phase].name}-{number:03}-{rms_rule.NAMES[event.kind]}")
                (folder / f"{name}.svg").write_text(event_picture.draw(framed, phase, event), encoding="utf-8")
        entries.append(describe(framed, counts, left_out, licence))
    dataset.save(folder / "windows.npz", {"x": np.concatenate(x), "y": np.concatenate(y)})
    manifest = {"classes": list(labels.CLASSES), "hop": hop, "recordings": entries, "samples_per_cycle": samples}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def _define_flags() -> None:
    flags.DEFINE_string("output", None, "folder to make", required=True)
    flags.DEFINE_string("licence", None, "licence and origin of the files, for the manifest", required=True)
    flags.DEFINE_list("voltage", [], "beginnings of the names of the voltage channels, comma-separated")
    flags.DEFINE_float("declared_v", None, "declared voltage in V RMS: 1 pu", lower_bound=1e-6)
    flags.DEFINE_bool("sliding", False, "the sliding reference of IEC 61000-4-30")
    flags.DEFINE_integer("samples_per_cycle", 128, "of the model", lower_bound=16)
    flags.DEFINE_integer("hop", 128, "samples from one window to the next", lower_bound=1)


def main(argv: list[str]) -> None:
    args = flags.FLAGS
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    target = here / args.output
    if not argv[1:]:
        raise UserError("import: no files; got none, want recordings. Fix: bazel run //model/data:import -- FILE... --output=FOLDER")
    if target.exists():
        raise UserError(f"{target.name}: is there already; got a path in use, want a new folder. Fix: name another --output")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        manifest = convert([here / name for name in argv[1:]], args.voltage, args.declared_v, args.sliding, args.samples_per_cycle, args.hop,
                           args.licence, Path(made))
        shutil.copytree(made, target)
    total = {name: sum(entry["windows"][name] for entry in manifest["recordings"]) for name in labels.CLASSES}
    print(f"{target.name}: {len(manifest['recordings'])} recordings, {sum(total.values()):,} windows: "
          + ", ".join(f"{count:,} {name}" for name, count in total.items() if count), flush=True)


if __name__ == "__main__":
    _define_flags()
    run(main)
