"""Recordings of all formats come in as they were written; broken ones are named and refused."""

import re

import numpy as np
import pytest

from model.data.recordings.comtrade_files import FORMATS, write
from model.data.recordings.recording import read
from tools.errors import UserError

HZ = 1600.0


def _channels(cycles=20, volts=230.0):
    turns = np.arange(int(cycles * HZ / 50)) * 50 / HZ
    wave = lambda shift, peak: peak * np.sqrt(2) * np.sin(2 * np.pi * (turns - shift))  # noqa: E731
    voltages = {f"U{name}": wave(index / 3, volts) for index, name in enumerate("ABC")}
    return {**voltages, "3U0": np.zeros(len(turns)), **{f"I{name}": wave(index / 3 + 0.1, 5.0) for index, name in enumerate("ABC")}}


@pytest.mark.parametrize(("year", "kind"), [*((year, kind) for year in ("1991", "1999") for kind in ("ASCII", "BINARY")),
                                            *(("2013", kind) for kind in FORMATS)])
def test_every_comtrade_format(tmp_path, kind, year):
    channels = _channels()
    (found,) = read(write(tmp_path / "record", channels, HZ, kind, year))
    assert (found.sampling_hz, found.nominal_hz, found.name) == (HZ, 50.0, "record.cfg")
    assert [phase.name for phase in found.phases] == ["UA", "UB", "UC"]
    for phase in found.phases:
        assert np.allclose(phase.voltage, channels[phase.name], atol=0.02)
        assert np.allclose(phase.current, channels[phase.name.replace("U", "I")], atol=1e-3)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("before", "after"), [("--- file type: ", " ---"), ("-- file type  ", " ---")])
def test_combined_files(tmp_path, kind, before, after):
    pair = write(tmp_path / "record", _channels(), HZ, kind)
    text, data = pair.read_bytes(), pair.with_suffix(".dat").read_bytes()
    head = lambda part: f"{before}{part}{after}\r\n".encode()  # noqa: E731
    path = tmp_path / "one.cff"
    path.write_bytes(head("CFG") + text + head("INF") + head("HDR") + b"a comment\r\n" + head(f"DAT {kind}: {len(data)}") + data)
    (found,), (expected,) = read(path), read(pair)
    assert (found.name, found.sampling_hz) == ("one.cff", HZ) and found.sha256 != expected.sha256
    for ours, theirs in zip(found.phases, expected.phases):
        assert np.array_equal(ours.voltage, theirs.voltage) and np.array_equal(ours.current, theirs.current)
    path.write_bytes(head("CFG") + text)
    with pytest.raises(UserError, match="one.cff: a part is missing; got no line `--- file type: DAT ---`"):
        read(path)
    half = data[:data.index(b"\n", len(data) // 2) + 1] if kind == "ASCII" else data[:len(data) // 2]
    path.write_bytes(head("CFG") + text + head("DAT") + half)
    with pytest.raises(UserError, match="one.cff: data end early; got [0-9]+ samples, want 640, as one.cff says"):
        read(path)


def test_kilovolts_odd_years_code_pages_and_empty_lines(tmp_path):
    path = write(tmp_path / "record", {"Ua_ÑØ": _channels()["UA"] / 1000}, HZ, year="2000", units={"Ua_ÑØ": "kV"})
    data = path.with_suffix(".dat")
    data.write_text(data.read_text().replace("\n", "\n\n"))
    (found,) = read(path)
    assert np.allclose(found.phases[0].voltage, _channels()["UA"], atol=0.02) and found.phases[0].current is None


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_beyond_latin(tmp_path, encoding):
    """Whose bytes, read as Latin-1, hold a line end (0x85)."""
    path = write(tmp_path / "record", {"Ua_X": _channels()["UA"]}, HZ)
    path.write_bytes(path.read_text().replace("Ua_X", "\u6545\u532f_Ua").replace("station", "\u6545\u532f").encode(encoding))
    assert b"\x85" in path.read_bytes()
    (found,) = read(path)
    assert np.allclose(found.phases[0].voltage, _channels()["UA"], atol=0.02)
    assert (encoding == "utf-8") == (found.phases[0].name == "\u6545\u532f_Ua")


def test_a_rate_of_zero_means_time_stamps(tmp_path):
    path = write(tmp_path / "record", _channels(), HZ)
    path.write_text(path.read_text().replace("\n1\n1600,", "\n0\n0,"))
    (found,) = read(path)
    assert found.sampling_hz == pytest.approx(HZ, rel=1e-4)


def test_csv(tmp_path):
    channels = _channels()
    rows = ["time [ms], ua [V], ib [A]", *(f"{1000 * index / HZ:.6f}, {u:.6f}, {i:.6f}" for index, (u, i) in enumerate(
        zip(channels["UA"], channels["IB"])))]
    (tmp_path / "record.csv").write_text("\n".join(rows))
    (found,) = read(tmp_path / "record.csv")
    assert found.sampling_hz == pytest.approx(HZ) and found.phases[0].current is None
    assert np.allclose(found.phases[0].voltage, channels["UA"], atol=1e-5)


def test_numpy(tmp_path):
    codes = np.array([[np.round(_channels()[name] * 10) for name in ("UA", "IA")]] * 2).astype(np.int16)
    np.savez(tmp_path / "many.npz", codes=codes, channels=["v1", "i1"], volts_per_code=0.1, amps_per_code=0.1, sampling_hz=HZ, record=[4, 7])
    found = read(tmp_path / "many.npz")
    assert [one.name for one in found] == ["many.npz[record=4]", "many.npz[record=7]"] and found[0].sha256 == found[1].sha256
    assert np.allclose(found[1].phases[0].current, _channels()["IA"], atol=0.06)


def test_channels_can_be_named(tmp_path):
    path = write(tmp_path / "record", _channels(), HZ)
    assert [phase.name for phase in read(path, ("UC", "UA"))[0].phases] == ["UC", "UA"]
    with pytest.raises(UserError, match="record.cfg: no such channel; got UX, want UA, UB, UC, 3U0, IA, IB, IC. Fix: correct the name"):
        read(path, ("UX",))


def test_named_channels_of_two_busbars_are_both_taken_and_whole_names_come_first(tmp_path):
    wave = _channels()["UA"]
    path = write(tmp_path / "record", {"Ua_10": wave, "Ua_1": 2 * wave, "Ua_2": 3 * wave}, HZ)
    found = read(path, ("Ua_1", "Ua_2"))[0].phases
    assert [phase.name for phase in found] == ["Ua_1", "Ua_2"]
    assert np.allclose(found[0].voltage, 2 * wave, atol=0.1) and np.allclose(found[1].voltage, 3 * wave, atol=0.1)


def _broken(tmp_path, change):
    path = write(tmp_path / "record", _channels(), HZ)
    return change(path) or path


def _rewrite(pattern, new):
    return lambda path: path.write_text(re.sub(pattern, new, path.read_text())) and None


def _cut(path):
    data = path.with_suffix(".dat")
    data.write_text("".join(data.read_text().splitlines(keepends=True)[:300]))


@pytest.mark.parametrize(("change", "message"), [
    (lambda path: path.with_suffix(".dat").unlink(), "record.cfg: its data file is missing; got no .dat beside it, want record.dat"),
    (lambda path: path.write_text("garbage") and None, "record.cfg: no COMTRADE that can be read; got "),
    (_cut, "record.dat: data end early; got 300 samples, want 640, as record.cfg says"),
    (_rewrite(r"(?m)^(\d,U.),,,V", r"\1,,,"), "record.cfg: no phase voltages found; got UA \\[\\]"),
    (_rewrite(r"\n1600,", "\n100,"), "record.cfg: too coarse or too short; got 2.0 samples per cycle"),
    (lambda path: path.with_suffix(".txt"), "record.txt: unknown kind of recording; got .txt, want one of .cfg, .cff, .csv, .npz"),
    (lambda path: path.with_name("gone.cfg"), "gone.cfg: cannot be read; got no such file"),
])
def test_broken_recordings_are_named(tmp_path, change, message):
    with pytest.raises(UserError, match=message) as caught:
        read(_broken(tmp_path, change))
    assert "Fix: " in str(caught.value)


@pytest.mark.parametrize(("content", "message"), [
    ("time [s], ua\n0, 1\n", "a column without unit, or no time in front; got  ua"),
    ("time [s], ua [V]\n0, x\n", "no table of numbers"),
    ("", "a column without unit, or no time in front"),
    ("time [s], ua [V]\n0, 1\n1, 1\n3, 1\n", "uneven time stamps"),
    ("time [s], ua [V]\n" + "".join(f"{index / 1600}, {'nan' if index == 9 else 1}\n" for index in range(600)),
     "voltage of ua is not finite; got nan in sample 9"),
])
def test_broken_tables_are_named(tmp_path, content, message):
    (tmp_path / "record.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        read(tmp_path / "record.csv")


def test_broken_archives_are_named(tmp_path):
    (tmp_path / "record.npz").write_text("no archive")
    with pytest.raises(UserError, match="record.npz: cannot be read"):
        read(tmp_path / "record.npz")
    np.savez(tmp_path / "record.npz", codes=np.zeros((1, 1, 9)), channels=["v1"], sampling_hz=HZ)
    with pytest.raises(UserError, match="arrays are missing or of another shape; got volts_per_code"):
        read(tmp_path / "record.npz")
