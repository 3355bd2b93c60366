"""The card says what was measured, along every condition, and a network without a generator or a statement has one, too."""

import dataclasses

import numpy as np
import pytest

from gates.card import card, sweep
from model import spec as model_spec
from model.data import labels
from tools.errors import UserError

SPEC = model_spec.load("model/voltage_event/voltage_event.yaml")
SIZE = {"flash_bytes": 7000, "sram_bytes": 1900}
TIMING = {"judged_profile": "board", "profiles": {"board": {"time_us": {"max": 94.44}}}}
CONFUSION = [[9 if row == column else row for column in range(6)] for row in range(6)]
PRECISION = {"confusion": CONFUSION, "macro_precision": 0.91, "macro_recall": 0.92, "windows": 1234,
             "per_class": {name: {"precision": 0.5 + index / 100, "recall": 0.7} for index, name in enumerate(labels.CLASSES)}}
DATA = {"dataset": {"windows": {"y_train": {"sag": 7, "normal": 8}}}, "quality": {"duplicates": 0, "leakage": 0, "balance": {"train": 0.875}}}
SWEPT = {name: [{"at": 20, "macro_precision": 0.81, "macro_recall": 0.82}] for name in ("snr_db", "frequency_deviation_hz", "samples_per_cycle")}


def test_the_card_holds_every_figure() -> None:
    found, text = card.card(SPEC, {**PRECISION, "noisy": {"macro_precision": 0.61, "macro_recall": 0.62, "windows": 60}}, SIZE, TIMING, DATA, SWEPT,
                            "## Purpose\n\nTo tell events.\n")
    assert text.startswith("# Model card: voltage_event\n\n## Purpose\n\nTo tell events.\n\n## Image\n\n7,000 B of flash, 1,900 B of SRAM")
    for line in ("| dataset | train | 15 |", "| sag | 0.5100 | 0.7000 |", "| mean | 0.9100 | 0.9200 |", "| **swell** | 2 | 2 | 9 | 2 | 2 | 2 |",
                 "| 20 | 0.8100 | 0.8200 |", "the rarest class at least 0.88 of the commonest.", "macro precision 0.6100, macro recall 0.6200 on 60 windows"):
        assert line in text, line
    assert text.count("| 20 | 0.8100 | 0.8200 |") == 3
    assert (found["time_us"], found["conditions"]) == (94.44, SWEPT)


def test_a_network_of_which_nothing_else_is_known_has_a_card() -> None:
    _, text = card.card(SPEC, PRECISION, SIZE, TIMING, {}, {}, "")
    assert "have not stated purpose and limits of use" in text and "## Conditions" not in text and "| mean | 0.9100" in text


def test_the_sweep_varies_one_condition_at_a_time() -> None:
    def by_rms(x: np.ndarray) -> np.ndarray:
        rms = np.sqrt(np.mean(x[..., 0] ** 2, axis=1))
        return np.select([rms < 0.1, rms < 0.9, rms > 1.1], [labels.CLASSES.index(name) for name in ("interruption", "sag", "swell")],
                         labels.CLASSES.index("normal"))

    found = sweep.sweep(SPEC.data, by_rms, windows=60)
    assert [point["at"] for point in found["snr_db"]] == list(sweep.SNR_DB)
    assert [point["at"] for point in found["samples_per_cycle"]] == list(sweep.RATES)
    assert all(0.2 < point["macro_recall"] < 0.75 for points in found.values() for point in points), "half of the classes have a normal RMS"
    assert found == sweep.sweep(SPEC.data, by_rms, windows=60), "a sweep is deterministic"


def test_a_class_out_of_reach_is_named() -> None:
    ranges = dataclasses.replace(SPEC.data.pilot.ranges, swell_level_pu=(1.0, 1.0))
    data = dataclasses.replace(SPEC.data, pilot=dataclasses.replace(SPEC.data.pilot, ranges=ranges))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "_DRAWS_MAX", 6)
        with pytest.raises(UserError, match="card: class .* is out of reach of the pilot set's ranges; got .* windows too few, want none"):
            sweep.sweep(data, lambda x: np.zeros(len(x), int), windows=3000)
