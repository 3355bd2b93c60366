"""Writes small COMTRADE recordings for tests, in every data format of IEEE C37.111."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

FORMATS = ("ASCII", "BINARY", "BINARY32", "FLOAT32")
_CODES = {"ASCII": 30000, "BINARY": 30000, "BINARY32": 2_000_000_000, "FLOAT32": 1}


def write(path: Path, channels: Mapping[str, np.ndarray], hz: float, kind: str = "ASCII", year: str = "2013", nominal_hz: float = 50,
          units: Mapping[str, str] = {}) -> Path:  # noqa: B006 (never changed)
    """Writes `path`.cfg and .dat of `channels`, float64 [M] in their unit (V, for names with an I in front A); returns the .cfg."""
    count = len(next(iter(channels.values())))
    scales = {name: max(float(np.abs(samples).max()), 1e-9) / _CODES[kind] for name, samples in channels.items()}
    lines = [f"station,device,{year}" if year != "1991" else "station,device", f"{len(channels)},{len(channels)}A,0D"]
    for index, name in enumerate(channels, 1):
        unit = units.get(name, "A" if name.upper().startswith("I") else "V")
        scale = 1.0 if kind == "FLOAT32" else scales[name]
        lines.append(f"{index},{name},,,{unit},{scale:.12g},0,0,-99999,99999,1,1,P")
    lines += [f"{nominal_hz:g}", "1", f"{hz:g},{count}", "01/01/2020,00:00:00.000000", "01/01/2020,00:00:00.100000", kind, "1"]
    path.with_suffix(".cfg").write_text("\n".join(lines) + "\n", encoding="latin-1")
    stamps = np.round(np.arange(count) / hz * 1e6).astype(np.int64)
    codes = np.array([samples if kind == "FLOAT32" else np.round(samples / scales[name]) for name, samples in channels.items()])
    if kind == "ASCII":
        rows = [",".join(map(str, (index + 1, stamps[index], *codes[:, index].astype(int)))) for index in range(count)]
        path.with_suffix(".dat").write_text("\n".join(rows) + "\n", encoding="ascii")
    else:
        value = {"BINARY": "<i2", "BINARY32": "<i4", "FLOAT32": "<f4"}[kind]
        rows = np.zeros(count, np.dtype([("number", "<u4"), ("stamp", "<u4"), ("values", value, (len(channels),))]))
        rows["number"], rows["stamp"], rows["values"] = np.arange(count) + 1, stamps, codes.T
        path.with_suffix(".dat").write_bytes(rows.tobytes())
    return path.with_suffix(".cfg")
