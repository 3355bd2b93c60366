"""Recordings of voltage and current from the field, in volts and amperes, whatever file they come in.

Purpose: `read(path)` gives the recordings of a file: COMTRADE (.cfg with its .dat, or both in a .cff; IEEE C37.111-1991, -1999, -2013; ASCII,
BINARY, BINARY32, FLOAT32), CSV, or NumPy (.npz); README.md shows the latter two. Phases are found by the channels' units and names, or given.
Errors: UserError naming file, channel and fix for what is broken, cut short, without unit, or of uneven sampling.
Non-goals: protection logic, digital channels, several sampling rates in one file.
"""

import csv
import dataclasses
import hashlib
import re
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import comtrade
import numpy as np

from tools.errors import UserError

SUFFIXES = (".cfg", ".cff", ".csv", ".npz")
_VOLTS = {"v": 1.0, "volt": 1.0, "volts": 1.0, "kv": 1e3, "mv": 1e-3}
_AMPERES = {"a": 1.0, "amp": 1.0, "amps": 1.0, "ampere": 1.0, "amperes": 1.0, "ka": 1e3, "ma": 1e-3}
_NOMINAL_HZ = (50.0, 60.0)
# A phase in a channel's name: u or v (i for currents) and a letter or number, such as UA, F5-VA, Ua_1, v1, U L1.
_PHASE = r"(?i)(?:^|[^a-z]){kind}[ _-]?l?([abc123])(?![a-z0-9])"
# The line in front of each part of a .cff (IEEE C37.111-2013, 9); writers differ in its dashes and its colon.
_PART = re.compile(rb"(?im)^--+ *file type:? *(\w+)[^\r\n]*-- *\r?\n")
_DERIVED = re.compile(r"(?i)mag|angle|phasor|rms")
# A recorder's clock may jitter by this part of a sampling interval.
_JITTER = 0.2


@dataclasses.dataclass(frozen=True)
class Phase:
    """One phase: the voltage channel's name, volts float64 [M], and amperes [M], or None where no current was recorded."""

    name: str
    voltage: np.ndarray
    current: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Recording:
    """`name` is the file's, with the record's number where it holds several; `sha256` of all its files."""

    name: str
    sampling_hz: float
    nominal_hz: float
    phases: tuple[Phase, ...]
    sha256: str


@dataclasses.dataclass(frozen=True)
class _Channel:
    """A channel as recorded; `phase` a, b or c, where its name or the file tells."""

    name: str
    unit: str
    phase: str
    samples: np.ndarray


def read(path: str | Path, names: Sequence[str] = ()) -> tuple[Recording, ...]:
    """The recordings in the file `path`; `names` are beginnings of the names of the voltage channels to take instead of those found."""
    path = Path(path)
    reader = {".cfg": _read_pair, ".cff": _read_combined, ".csv": _read_csv, ".npz": _read_numpy}.get(path.suffix.lower())
    if reader is None:
        raise _error(path, "unknown kind of recording", path.suffix or "no suffix", f"one of {', '.join(SUFFIXES)}", "convert it")
    if not path.is_file():
        raise _error(path, "cannot be read", "no such file", "a file", "check the path")
    found = reader(path, names)
    for recording in found:
        _check(path, recording)
    return found


def _read_pair(path: Path, names: Sequence[str]) -> tuple[Recording, ...]:
    data = next((path.with_suffix(suffix) for suffix in (".dat", ".DAT") if path.with_suffix(suffix).is_file()), None)
    if data is None:
        raise _error(path, "its data file is missing", "no .dat beside it", path.with_suffix(".dat").name, "copy both files")
    return _read_comtrade(path, names, path.read_bytes(), data, data.read_bytes())


def _read_combined(path: Path, names: Sequence[str]) -> tuple[Recording, ...]:
    """Of a .cff: text parts, then the data, which end the file."""
    left, parts = path.read_bytes(), {}
    while (header := _PART.search(left)) and "dat" not in parts:
        following = _PART.search(left, header.end())
        kind = header[1].decode("ascii").lower()
        end = following.start() if following and kind != "dat" else len(left)
        parts[kind], left = left[header.end():end], left[end:]
    missing = [kind for kind in ("cfg", "dat") if kind not in parts]
    if missing:
        raise _error(path, "a part is missing", f"no line `--- file type: {missing[0].upper()} ---`", "one each for CFG and DAT", "export it again")
    return _read_comtrade(path, names, parts["cfg"], path, parts["dat"])


def _read_comtrade(path: Path, names: Sequence[str], head: bytes, data: Path, content: bytes) -> tuple[Recording, ...]:
    """The recording of configuration `head` and samples `content`, which came from `path` and `data`."""
    record = comtrade.Comtrade(ignore_warnings=True, use_double_precision=True)
    config = _text(head)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an unknown revision year, names beyond ASCII
            is_text = comtrade.Cfg(ignore_warnings=True)
            is_text.read(config)
            # Some recorders put empty lines between the samples.
            lines = "\n".join(line for line in content.decode("latin-1").splitlines() if line.strip())
            record.read(config, lines if is_text.ft.upper() == "ASCII" else content)
    except Exception as error:  # the library raises whatever its parsing meets
        raise _error(path, "no COMTRADE that can be read", f"{type(error).__name__}: {error}", "a configuration and data of IEEE C37.111",
                     "export it again") from error
    if record.total_samples < 2 or _samples_in(record, content) < record.total_samples:
        raise _error(data, "data end early", f"{_samples_in(record, content)} samples", f"{record.total_samples}, as {path.name} says",
                     "copy the file anew")
    channels = [_Channel(channel.name.strip(), channel.uu.strip(), channel.ph.strip().lower(), np.asarray(samples, np.float64))
                for channel, samples in zip(record.cfg.analog_channels, record.analog)]
    rate = record.cfg.sample_rates[0][0] or _rate(path, np.asarray(record.time, np.float64))
    if len({row[0] for row in record.cfg.sample_rates}) > 1:
        rate = _common_rate(path, record.cfg.sample_rates)
    digest = hashlib.sha256(path.read_bytes() + (content if data != path else b"")).hexdigest()
    nominal = record.frequency if record.frequency in _NOMINAL_HZ else _NOMINAL_HZ[0]
    return (Recording(path.name, float(rate), float(nominal), _phases(path, channels, names), digest),)


def _text(head: bytes) -> str:
    """The text of a configuration, UTF-8 or whatever code page its station wrote; a revision year between two standards counts as the
    older one."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    # Not by splitlines: in Latin-1 a byte of a Chinese letter can be one of its line ends.
    first, *rest = re.split("\r\n|\r|\n", text)
    year = re.search(r",\s*(\d{4})\s*$", first)
    if year and year[1] not in ("1991", "1999", "2013"):
        first = first[:year.start(1)] + ("1999" if year[1] < "2013" else "2013")
    return "\n".join([first, *rest])


def _samples_in(record: comtrade.Comtrade, content: bytes) -> int:
    """How many whole samples the data hold."""
    kind = record.ft.upper()
    if kind == "ASCII":
        return sum(1 for line in content.splitlines() if line.strip(b" \r\n\x1a"))
    words = 2 if kind == "BINARY" else 4
    return len(content) // (8 + words * record.analog_count + 2 * -(-record.status_count // 16))


def _common_rate(path: Path, rates: Sequence[Sequence[float]]) -> float:
    """The mean of rates that only say how a clock drifts; UserError for real changes."""
    values = np.array([row[0] for row in rates], np.float64)
    if np.ptp(values) > 0.01 * values.mean():
        raise _error(path, "several sampling rates", f"{values.min():g} to {values.max():g} Hz", "one", "export a part of one rate")
    return float(values.mean())


def _rate(path: Path, time_s: np.ndarray) -> float:
    """Samples per second of even time stamps in seconds."""
    steps = np.diff(time_s)
    step = float(np.median(steps)) if len(steps) else 0.0
    if step <= 0 or np.any(np.abs(steps - step) > max(_JITTER * step, 1.5e-6)):
        raise _error(path, "uneven time stamps", f"steps of {steps.min() if len(steps) else 0:g} to {steps.max() if len(steps) else 0:g} s",
                     "one sampling interval", "resample it first, or name the rate")
    return (len(time_s) - 1) / float(time_s[-1] - time_s[0])


def _read_csv(path: Path, names: Sequence[str]) -> tuple[Recording, ...]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        columns = [re.fullmatch(r"\s*(.*?)\s*\[(.*)\]\s*", cell) for cell in rows[0]] if rows else []
        values = np.array(rows[1:], np.float64).T
    except (ValueError, UnicodeDecodeError) as error:
        raise _error(path, "no table of numbers", str(error), "a header `time [s], name [unit], ...` and numbers below", "correct it") from error
    bad = [cell for cell, match in zip(rows[0] if rows else [], columns) if match is None]
    if bad or len(columns) < 2 or len(values) != len(columns) or columns[0][2] not in ("s", "ms"):
        raise _error(path, "a column without unit, or no time in front", ", ".join(bad) or "no `time [s]`", "`time [s], ua [V], ...`",
                     "write the units into the header")
    time_s = values[0] * (1e-3 if columns[0][2] == "ms" else 1.0)
    channels = [_Channel(match[1], match[2], "", column) for match, column in zip(columns[1:], values[1:])]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (Recording(path.name, _rate(path, time_s), _NOMINAL_HZ[0], _phases(path, channels, names), digest),)


def _read_numpy(path: Path, names: Sequence[str]) -> tuple[Recording, ...]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise _error(path, "cannot be read", type(error).__name__, "an .npz of numpy.savez", "write it anew") from error
    needed = ("codes", "channels", "volts_per_code", "sampling_hz")
    missing = [name for name in needed if name not in arrays]
    if missing or arrays["codes"].ndim != 3 or arrays["codes"].shape[1] != len(arrays["channels"]):
        raise _error(path, "arrays are missing or of another shape", ", ".join(missing) or list(arrays["codes"].shape),
                     f"{', '.join(needed)}, codes [records, channels, samples]", "write it as model/data/recordings/README.md shows")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    numbers = arrays.get("record", np.arange(len(arrays["codes"])))
    found = []
    for number, codes in zip(numbers, arrays["codes"]):
        channels = []
        for name, samples in zip(map(str, arrays["channels"]), codes.astype(np.float64)):
            is_current = name.lower().startswith("i")
            scale = float(arrays["amps_per_code" if is_current else "volts_per_code"]) if not is_current or "amps_per_code" in arrays else 0.0
            channels.append(_Channel(name, "A" if is_current else "V", "", samples * scale))
        found.append(Recording(f"{path.name}[record={number}]", float(arrays["sampling_hz"]), float(arrays.get("nominal_hz", _NOMINAL_HZ[0])),
                               _phases(path, channels, names), digest))
    return tuple(found)


def _phases(path: Path, channels: Sequence[_Channel], names: Sequence[str]) -> tuple[Phase, ...]:
    """The phases: the first voltage of each, and the first current of each that has one."""
    if names:
        chosen = [next((channel for channel in sorted(channels, key=lambda channel: channel.name.lower() != name.lower())
                        if channel.name.lower().startswith(name.lower())), None) for name in names]
        if None in chosen:
            raise _error(path, "no such channel", names[chosen.index(None)], ", ".join(channel.name for channel in channels), "correct the name")
        voltages = [(_phase(channel, "[uv]"), channel) for channel in chosen]  # of two busbars both, though they share a phase
    else:
        voltages = list(_first_of_each(channels, _VOLTS, "[uv]").items())
    if not voltages:
        shown = ", ".join(f"{channel.name} [{channel.unit}]" for channel in channels) or "none"
        raise _error(path, "no phase voltages found", shown[:300], "channels in V or kV named by phase, such as UA, Vb, U1",
                     "name them by --voltage")
    currents = _first_of_each(channels, _AMPERES, "i")
    return tuple(Phase(channel.name, _scaled(path, channel, _VOLTS),
                       _scaled(path, currents[phase], _AMPERES) if phase in currents else None) for phase, channel in voltages)


def _first_of_each(channels: Sequence[_Channel], units: dict[str, float], kind: str) -> dict[str, _Channel]:
    found = {}
    for channel in channels:
        phase = _phase(channel, kind)
        if phase and channel.unit.lower() in units and not _DERIVED.search(channel.name):
            found.setdefault(phase, channel)
    return dict(sorted(found.items()))


def _phase(channel: _Channel, kind: str) -> str:
    """a, b or c; empty for a neutral or what is no phase."""
    match = re.search(_PHASE.format(kind=kind), channel.name)
    if not match or channel.phase in ("n", "g", "_"):
        return ""
    return {"1": "a", "2": "b", "3": "c"}.get(match[1], match[1].lower())


def _scaled(path: Path, channel: _Channel, units: dict[str, float]) -> np.ndarray:
    if channel.unit.lower() not in units:
        raise _error(path, f"channel {channel.name} has no unit that is known", channel.unit or "none", ", ".join(units), "write it into the file")
    return channel.samples * units[channel.unit.lower()]


def _check(path: Path, recording: Recording) -> None:
    for phase in recording.phases:
        for kind, samples in (("voltage", phase.voltage), ("current", phase.current)):
            if samples is not None and not np.isfinite(samples).all():
                bad = int(np.flatnonzero(~np.isfinite(samples))[0])
                raise _error(path, f"{kind} of {phase.name} is not finite", f"{samples[bad]} in sample {bad}", "numbers", "cut the recording")
    rate, length = recording.sampling_hz / recording.nominal_hz, len(recording.phases[0].voltage)
    if rate < 8 or length < 3 * rate:
        raise _error(path, "too coarse or too short", f"{rate:.1f} samples per cycle, {length / max(rate, 1e-9):.1f} cycles",
                     "at least 8, and 3", "use another recording")


def _error(path: Path, fact: str, found: object, wanted: str, fix: str) -> UserError:
    return UserError(f"{path.name}: {fact}; got {found}, want {wanted}. Fix: {fix}.")
