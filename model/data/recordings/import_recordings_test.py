"""Importing recordings: windows, manifest, a picture per event; and nothing at all where a file is broken."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from model.data import dataset, labels
from model.data.recordings import import_recordings, window_labels
from model.data.recordings.comtrade_files import write
from model.data.recordings.framing import frame
from model.data.recordings.recording import Phase, Recording
from tools.errors import UserError

HZ = 3200.0


def _wave(change, seconds=1.0):
    t = np.arange(int(seconds * HZ)) / HZ
    return change(t, 325 * np.sin(2 * np.pi * 50 * t))


def _sagging(t, wave):
    return np.where((t > 0.4) & (t < 0.7), 0.5, 1.0) * wave


def _run(target, *files, **values):
    if "licence" not in flags.FLAGS:
        import_recordings._define_flags()
        flags.FLAGS.mark_as_parsed()
    with flagsaver.flagsaver(output=str(target), licence="of the test", **values):
        import_recordings.main(["import", *map(str, files)])


def test_a_recording_becomes_windows_a_manifest_and_pictures(tmp_path, capsys):
    path = write(tmp_path / "record", {"UA": _wave(_sagging), "IA": _wave(lambda t, wave: wave / 100)}, HZ)
    for name in ("first", "again"):
        _run(tmp_path / name, path, hop=32)
    assert "1 recordings, " in capsys.readouterr().out
    assert {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()} == {
        file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()}
    part = dataset.load_pilot(tmp_path / "first/windows.npz", len(labels.CLASSES))
    assert part.x.shape[1:] == (128, 2) and set(part.y) == {labels.CLASSES.index("sag"), labels.CLASSES.index("normal")}
    (entry,) = json.loads((tmp_path / "first/manifest.json").read_text())["recordings"]
    assert entry["licence"] == "of the test" and entry["channels"]["UA"]["has_current"] and len(entry["sha256"]) == 64
    assert sum(entry["windows"].values()) == len(part.y) and entry["left_out"] > 0
    (picture,) = (tmp_path / "first").glob("*.svg")
    texts = [text.text for text in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert picture.name == "record.cfg-UA-000-sag.svg" and texts[-1].startswith("record.cfg, UA: sag, 0.500 pu, 1")


@pytest.mark.parametrize("change, wanted", [
    (lambda t, wave: wave, "normal"),
    (lambda t, wave: wave + 40 * np.sin(2 * np.pi * 250 * t), "harmonics"),
    (lambda t, wave: wave + np.where(t > 0.5, 300 * np.exp(-(t - 0.5) / 0.002) * np.sin(2 * np.pi * 800 * (t - 0.5)), 0), "transient"),
    (lambda t, wave: np.where(t > 0.3, 1.3, 1) * wave, "swell"),
    (lambda t, wave: np.where(t > 0.3, 0, 1) * wave, "interruption"),
])
def test_windows_are_labelled_by_what_they_show(change, wanted):
    framed = frame(Recording("made", HZ, 50.0, (Phase("u", _wave(change), None),), ""), 128)
    found, certain = window_labels.label(framed, 0, 16)
    allowed = {"harmonics": {"harmonics"}, "interruption": {"interruption", "sag", "normal"}}.get(wanted, {wanted, "normal"})
    assert {labels.CLASSES[index] for index in found[certain]} == allowed


def test_broken_files_leave_nothing_behind(tmp_path):
    good = write(tmp_path / "good", {"UA": _wave(_sagging)}, HZ)
    bad = write(tmp_path / "bad", {"UA": _wave(_sagging)}, HZ)
    bad.with_suffix(".dat").unlink()
    before = set(tmp_path.iterdir())
    with pytest.raises(UserError, match="bad.cfg: its data file is missing"):
        _run(tmp_path / "made", good, bad)
    assert set(tmp_path.iterdir()) == before
    with pytest.raises(UserError, match="import: no files; got none"):
        _run(tmp_path / "made")
    (tmp_path / "made").mkdir()
    with pytest.raises(UserError, match="made: is there already"):
        _run(tmp_path / "made", good)
