"""The field gate on synthetic COMTRADE: it finds what the RMS rule finds, rejects a classifier that does not, and names broken input."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from firmware.protocol import Event
from gates.field import events, field, judge, measure
from gates.field.labels import Label, read_labels
from model import spec
from model.data import labels
from model.data.recordings import rms_rule
from model.data.recordings.comtrade_files import write
from model.data.recordings.framing import frame
from model.data.recordings.recording import Phase, Recording
from tools.errors import UserError

NETWORK = "model/voltage_event/voltage_event"
SPEC = spec.load(NETWORK + ".yaml")
HEADER = "file,channel,class,start_sample,end_sample,extremum_pu,open_end\n"
ROWS = "record.cfg,UA,sag,700,1300,0.5,\nrecord.cfg,UB,swell,700,1300,1.3,\nrecord.cfg,UC,interruption,700,1999,0.0,open\n"
HZ = 2000.0
NO_EVENTS = events.measure_events([], lambda codes: ())


def _folder(tmp_path, kind="BINARY", rows=ROWS):
    rng = np.random.default_rng(2)
    t = np.arange(2000) / HZ
    inside = (t > 0.33) & (t < 0.63)
    levels = {"UA": np.where(inside, 0.5, 1.0), "UB": np.where(inside, 1.3, 1.0), "UC": np.where(t > 0.33, 0.0, 1.0)}
    waves = {name: 63e3 * level * np.sqrt(2) * np.sin(2 * np.pi * (50.1 * t - index / 3)) + 150 * rng.normal(size=len(t))
             for index, (name, level) in enumerate(levels.items())}
    write(tmp_path / "record", waves, HZ, kind)
    (tmp_path / "LABELS.csv").write_text(HEADER + rows)
    return tmp_path


def _framed(folder):
    return field.framed_recordings(folder, read_labels(folder / "LABELS.csv"), 128)


def _run(folder, *arguments):
    if "spec" not in flags.FLAGS:
        field._define_flags()
        flags.FLAGS.mark_as_parsed()
    (plan,) = Path(NETWORK).parent.rglob("voltage_event.plan.json")
    with flagsaver.flagsaver(spec=NETWORK + ".yaml", image=NETWORK + "_program.bin", elf=NETWORK + "_program.elf", plan=str(plan)):
        field.main(["field", str(folder), str(folder / "LABELS.csv"), *arguments])


def test_the_image_holds_on_a_synthetic_recording(tmp_path, capsys):
    _run(_folder(tmp_path))
    said = capsys.readouterr().out
    assert "events found: 5 of 5 (limit all)" in said and "events invented: 0 (limit none)" in said
    assert said.startswith("1 recordings, 3 phases\n") and "macro precision: " in said and "RMS baseline: " in said
    assert "field: " not in said


@pytest.mark.parametrize("answer, complaint", [("normal", "macro recall is too low"), ("transient", "macro precision is too low")])
def test_a_classifier_that_sees_nothing_is_rejected(tmp_path, answer, complaint):
    blind = lambda x: np.full(len(x), labels.CLASSES.index(answer))  # noqa: E731
    found = measure.measure(_framed(_folder(tmp_path)), blind, 16, 3.0)
    assert any(complaint in check.failure for check in judge.checks({**found, "events": NO_EVENTS}, SPEC.gates.field))
    assert found["baseline"]["macro_recall"] > 0.99


def test_transients_are_right_where_the_rms_is_normal_only(tmp_path):
    framed = _framed(_folder(tmp_path))
    named = lambda name: (lambda x: np.full(len(x), labels.CLASSES.index(name)))  # noqa: E731
    normal, transient = (np.array(measure.measure(framed, named(name), 16, 3.0)["network"]["confusion"]) for name in ("normal", "transient"))
    assert normal[0, 0] == transient[0, 0] > 0 and not transient[:, 1:4].any()
    assert np.array_equal(transient[1:, 4], normal[1:, 0])


def _complaints_about_events(framed, detect):
    found = measure.measure(framed, lambda x: np.full(len(x), 5), 16, 3.0)
    found["events"] = events.measure_events(framed, detect)
    return [check.failure for check in judge.checks(found, SPEC.gates.field) if "events are" in check.failure]


def test_a_detector_that_misses_or_invents_is_rejected(tmp_path):
    framed = _framed(_folder(tmp_path))
    right = [Event(channel, kind, start, end, residual) for channel, kind, start, end, residual in _rule_events(framed[0])]
    assert _complaints_about_events(framed, lambda codes: right) == []
    (missed,) = _complaints_about_events(framed, lambda codes: right[1:])
    assert "got 1, the first record.cfg, phase 1: sag of 0.499 pu from sample 2144 to 4131" in missed
    (invented,) = _complaints_about_events(framed, lambda codes: [*right, Event(1, "sag", 500, 600, 0.8)])
    assert "events are invented; got 1, the first record.cfg, phase 2: sag of 0.800 pu from sample 500 to 600" in invented
    for changes in ({"kind": "swell"}, {"start": right[0].start + 65}, {"end": right[0].end + 65}, {"end": None}, {"residual_pu": 0.53}):
        assert any("missed; got 1" in text for text in _complaints_about_events(framed, lambda codes: [dataclasses.replace(right[0], **changes), *right[1:]]))


def _rule_events(one):
    rms = np.array([rms_rule.one_cycle_rms(row, 128) for row in one.voltage_pu[:, :one.voltage_pu.shape[1] // 16 * 16]])
    per_channel = [*(rms_rule.events(rms_rule.states(row), row) for row in rms), rms_rule.polyphase(rms)]
    for channel, found in enumerate(per_channel):
        for event in found:
            yield (channel, rms_rule.NAMES[event.kind], event.start + 127, None if event.end == rms.shape[1] else event.end + 127, event.residual_pu)


def test_windows_near_thresholds_and_ringing_ones_are_set_apart():
    t = np.arange(128 * 40)
    level = np.select([t < 128 * 10, t < 128 * 20, t < 128 * 30], [1.0, 0.91, 0.5], 0.0)
    ringing = 0.3 * np.sqrt(2) * np.sin(2 * np.pi * 2.6 * t / 128) * (t >= 128 * 30)
    framed = frame(_recording(level * 325 * np.sin(2 * np.pi * t / 128) + 230 * ringing), 128)
    windows = measure.windows_of(framed, 0, 16, 3.0)
    assert windows.near[12 * 8:18 * 8].all() and not windows.near[:9 * 8].any() and not windows.near[22 * 8:28 * 8].any()
    assert windows.rings[32 * 8:38 * 8].all() and not windows.rings[:28 * 8].any()
    found = measure.measure([framed], lambda x: np.full(len(x), 5), 16, 3.0)
    assert found["apart_share"] > 0.4
    assert any("too many windows set apart" in check.failure for check in judge.checks({**found, "events": NO_EVENTS}, SPEC.gates.field))


def _recording(samples):
    return Recording("ringing", 6400.0, 50.0, (Phase("u", samples, None),), "")


def test_labels_choose_channels_and_are_checked(tmp_path):
    folder = _folder(tmp_path, rows="record.cfg,UC,normal,0,1999,1.0,\n")
    assert read_labels(folder / "LABELS.csv") == {"record.cfg": {"UC": [Label("normal", 0, 1999, 1.0, False)]}}
    assert [phase.name for phase in _framed(folder)[0].recording.phases] == ["UC"]
    for rows, message in (("record.cfg,UC,dip,0,9,1,\n", "LABELS.csv: line 2: unknown class; got 'dip', want one of normal"),
                          ("record.cfg,UC,sag,0,x,1,\n", "LABELS.csv: line 2: no numbers"),
                          ("gone.cfg,UC,sag,0,9,1,\n", "gone.cfg: cannot be read; got no such file")):
        (folder / "LABELS.csv").write_text(HEADER + rows)
        with pytest.raises(UserError, match=message):
            _framed(folder)
    (folder / "LABELS.csv").write_text("file,channel\n")
    with pytest.raises(UserError, match="columns are missing; got .*, want .*class"):
        read_labels(folder / "LABELS.csv")


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(UserError, match="field: wants a folder and its labels; got 3 arguments, want 2"):
        _run(_folder(tmp_path), "more")
