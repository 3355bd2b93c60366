"""LABELS.csv of a folder of recordings: which channels are judged, and the events that somebody found in them.

Format: a header and one row per event or quiet channel: `file` (with [record=N] where it holds several), `channel` (the beginning of the
voltage channel's name), `class`, `start_sample` and `end_sample` (last samples of the one-cycle window at which the RMS crosses its
limit, in the recording's samples), `extremum_pu`, `open_end` (not empty: lasts to the end); other columns are for people.
Errors: UserError naming file, line and column.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UserError

_COLUMNS = ("file", "channel", "class", "start_sample", "end_sample", "extremum_pu", "open_end")
_CLASSES = ("normal", "sag", "swell", "interruption", "transient", "harmonics")


@dataclass(frozen=True)
class Label:
    """An event of one channel, in samples of the recording; of class normal where somebody looked and found none."""

    kind: str
    start: int
    end: int
    extremum_pu: float
    is_open: bool


def read_labels(path: Path) -> dict[str, dict[str, list[Label]]]:
    """The labels by file (as recording.Recording.name, below the folder) and channel, in the order of the rows."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: cannot be read; got {getattr(error, 'strerror', None) or 'other text'}, want a CSV. Fix: check the "
                        "path.") from error
    missing = [column for column in _COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise UserError(f"{path.name}: columns are missing; got {', '.join(rows[0]) if rows else 'no rows'}, want {', '.join(missing)} too. "
                        "Fix: see gates/field/README.md.")
    found: dict[str, dict[str, list[Label]]] = {}
    for number, row in enumerate(rows, 2):
        try:
            label = Label(row["class"], int(row["start_sample"]), int(row["end_sample"]), float(row["extremum_pu"]), bool(row["open_end"]))
        except (TypeError, ValueError) as error:
            raise UserError(f"{path.name}: line {number}: no numbers; got {error}, want whole samples and pu. Fix: correct it.") from error
        if label.kind not in _CLASSES:
            raise UserError(f"{path.name}: line {number}: unknown class; got {label.kind!r}, want one of {', '.join(_CLASSES)}. Fix: correct it.")
        found.setdefault(row["file"], {}).setdefault(row["channel"], []).append(label)
    return found
