"""A SavedModel, given to the rules as its files, is quantized like the .h5 of the same network."""

import json
from pathlib import Path

FOLDER = Path("model/shapes")


def _report(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_int8_models_are_equally_good():
    exported, legacy = _report("exported_int8"), _report("shapes_int8")
    assert exported["float_accuracy"] == legacy["float_accuracy"] > 0.98
    assert abs(exported["int8_accuracy"] - legacy["int8_accuracy"]) <= 0.004  # 2 of 500 windows
    assert (FOLDER / "exported_int8.tflite").stat().st_size > 1000
