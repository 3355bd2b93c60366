"""A broken spec is refused with file, dotted key, what was found and what is allowed."""

import copy
from pathlib import Path

import pytest
import yaml

from model import spec
from tools.errors import UserError

SHIPPED = Path("model/voltage_event/voltage_event.yaml")
CONVOLUTIONS = [{"kind": "conv1d", "filters": 12, "kernel": 8, "stride": 8, "activation": "relu"},
                {"kind": "conv1d", "filters": 16, "kernel": 3, "stride": 2, "activation": "relu"}, {"kind": "flatten"},
                {"kind": "dense", "units": 32, "activation": "relu"}, {"kind": "dense", "units": 6, "activation": "softmax"}]


def _write(tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def _message(tmp_path, content):
    with pytest.raises(UserError) as caught:
        spec.load(_write(tmp_path, content))
    return str(caught.value)


def _changed(dotted, value):
    """The shipped spec, but with convolutions, and the value at the dotted key replaced, or removed if `value` is KeyError."""
    content = copy.deepcopy(yaml.safe_load(SHIPPED.read_text()) | {"architecture": CONVOLUTIONS})
    *path, last = [int(part) if part.isdigit() else part for part in dotted.split(".")]
    section = content
    for part in path:
        section = section[part]
    if value is KeyError:
        del section[last]
    else:
        section[last] = value
    return content


def test_shipped_spec_loads():
    loaded = spec.load(SHIPPED)
    assert loaded.classes == ("interruption", "sag", "swell", "transient", "harmonics", "normal")
    assert (loaded.gates.size.flash_bytes_max, loaded.gates.size.sram_bytes_max) == (8192, 2048)
    assert isinstance(loaded.architecture[0], spec.Channel) and isinstance(loaded.architecture[-1], spec.Dense)
    assert loaded.gates.precision.macro_precision_min >= 0.99


def test_how_kernels_are_chosen(tmp_path):
    assert spec.load(SHIPPED).compiler == spec.Compiler("balanced", None, 640)
    content = {**yaml.safe_load(SHIPPED.read_text()), "compiler": {"policy": "size", "flash_bytes": 9000}}
    assert spec.load(_write(tmp_path, content)).compiler == spec.Compiler("size", 9000, 0)
    content["compiler"]["policy"] = "small"
    message = _message(tmp_path, content)
    assert "broken.yaml: compiler.policy" in message and "speed, size, balanced, cmsis_nn" in message


def test_sections_of_our_training_are_optional(tmp_path):
    content = {"name": "theirs", "target": "stm32l476", "classes": ["a", "b"],
               "quantization": {"calibration_windows": 10}, "gates": {"size": None}}
    message = _message(tmp_path, content)
    assert "gates.size: wrong type; got nothing" in message
    content["gates"] = {}
    del content["quantization"]
    loaded = spec.load(_write(tmp_path, content))
    assert (loaded.quantization, loaded.data, loaded.architecture, loaded.training, loaded.gates.timing) == (None,) * 5


@pytest.mark.parametrize("key, value, fragments", [
    ("gates.precision.macro_precison", 0.9, ["gates.precision.macro_precison: unknown key", "macro_precision_min"]),
    ("gates.precision.macro_recall_min", KeyError, ["gates.precision.macro_recall_min: missing key", "from 0 to 1"]),
    ("gates.precision.macro_precision_min", 1.2, ["impossible value; got 1.2, want a number from 0 to 1"]),
    ("gates.timing.windows", "many", ["gates.timing.windows: wrong type; got 'many', want a whole number"]),
    ("training.epochs", True, ["training.epochs: wrong type; got True"]),
    ("training.learning_rate", float("nan"), ["training.learning_rate: impossible value; got nan", "finite"]),
    ("target", "stm32f407", ["target: impossible value; got 'stm32f407', want one of stm32l476"]),
    ("name", "Voltage-Event", ["name: impossible value; got 'Voltage-Event', want lower-case letters"]),
    ("architecture.0.kind", "lstm", ["architecture.0.kind: unknown kind; got 'lstm', want one of channel, segments"]),
    ("architecture.0.kind", ["conv1d"], ["architecture.0.kind: unknown kind; got ['conv1d'], want one of channel, segments"]),
    ("architecture.0", ["conv1d"], ["architecture.0.kind: unknown kind; got ['conv1d'], want one of channel, segments"]),
    ("architecture.0.filters", 0, ["architecture.0.filters: impossible value; got 0, want a number of at least 1"]),
    ("architecture.4.units", 5, ["architecture.4: wrong last layer", "6 units"]),
    ("architecture.2", {"kind": "max_pool", "size": 2}, ["architecture.3: layer in the wrong place; got 'dense'"]),
    ("architecture.1", {"kind": "channel", "index": 0}, ["architecture.1: layer in the wrong place; got 'channel'"]),
    ("architecture.0", {"kind": "segments", "size": 24},
     ["architecture.0.size: segments leave a rest; got 24, want a divisor of 128"]),
    ("data.dataset.ranges.snr_db", [60, 20], ["data.dataset.ranges.snr_db: range is upside down; got [60, 20]"]),
    ("data.dataset.ranges.snr_db", [20], ["data.dataset.ranges.snr_db: wrong number of items", "2 items"]),
    ("data.pilot.seed", 1001, ["data.pilot.seed: the pilot set shares its seed; got 1001"]),
    ("data.dataset.test_fraction", 0.5, ["test_fraction", "below 0.9"]),
    ("gates.adversarial.robust_accuracy_min", [0.5], ["robust_accuracy_min: wrong number of items", "3, one per epsilon"]),
    ("data.samples_per_cycle", 16,
     ["data.dataset.ranges.oscillatory_hz: an oscillation is too fast for the sampling", "below 400, half of"]),
    ("data.dataset.ranges.transient_onset_cycles", [0, 0.95], ["data.pilot.ranges.transient_onset_cycles: narrower than"]),
    ("architecture.1", {"kind": "max_pool", "size": 17},
     ["architecture.1.size: the pool is larger than its input; got 17, want at most 16"]),
    ("quantization.calibration_windows", 216001,
     ["quantization.calibration_windows: more windows than there are to train on; got 216001, want at most 216000"]),
    ("training.batch", 216001, ["training.batch: more windows than there are to train on; got 216001, want at most 216000"]),
    ("data.pilot.ranges.dc_offset_pu", [-0.06, 0.05],
     ["data.pilot.ranges.dc_offset_pu: narrower than training with its augmentation; got [-0.06, 0.05]",
      "holds [-0.055, 0.055]"]),
    ("data.pilot.ranges.load_pu", [0.06, 1.6], ["data.pilot.ranges.load_pu: narrower", "holds [0.048, 1.5625]"]),
    ("data.pilot.ranges.snr_db", [30, 60], ["data.pilot.ranges.snr_db: narrower", "holds [25, 60]"]),
    ("classes", ["sag", "sag"], ["classes: impossible value", "at least two different names"]),
    ("quantization", KeyError, ["quantization: missing key; got nothing, want how to calibrate what is trained here"]),
    ("architecture", KeyError, ["architecture: missing key", "both architecture and training"]),
])
def test_broken_spec_is_refused(tmp_path, key, value, fragments):
    content = _changed(key, value)
    if key == "data.dataset.test_fraction":
        content["data"]["dataset"]["validation_fraction"] = 0.5
    message = _message(tmp_path, content)
    assert message.startswith("broken.yaml: ") and "Fix: " in message
    for fragment in fragments:
        assert fragment in message


def test_a_transient_after_the_last_sample_is_refused(tmp_path):
    content = _changed("data.samples_per_cycle", 16)
    for part in ("dataset", "pilot"):
        content["data"][part]["ranges"].update(oscillatory_hz=[100, 390], transient_onset_cycles=[0.01, 0.9])
    content["architecture"][0]["stride"] = 1
    spec.load(_write(tmp_path, content))
    content["data"]["pilot"]["ranges"]["transient_onset_cycles"] = [0.01, 0.9375]
    message = _message(tmp_path, content)
    assert "data.pilot.ranges.transient_onset_cycles: a transient begins after the last sample" in message
    assert "got [0.01, 0.9375], want a range below 0.9375, 1 - 1 / samples_per_cycle" in message


def test_the_pilot_may_equal_training_without_augmentation(tmp_path):
    content = _changed("data.pilot.ranges", yaml.safe_load(SHIPPED.read_text())["data"]["dataset"]["ranges"])
    assert "data.pilot.ranges.dc_offset_pu: narrower than training" in _message(tmp_path, content)
    content["training"]["augmentation"].update(dc_offset_pu=0.0, current_gain=[1.0, 1.0])
    spec.load(_write(tmp_path, content))


def test_an_adversarial_gate_needs_a_network_to_train(tmp_path):
    content = _changed("training", KeyError)
    del content["architecture"]
    assert ("gates.adversarial: nothing to train its ensemble from; got 'no architecture and training', want both sections"
            in _message(tmp_path, content))


def test_no_yaml_and_repeated_keys_are_refused(tmp_path):
    assert "broken.yaml: no valid YAML on line 1" in _message(tmp_path, "name: [")
    assert "repeated key 'name'" in _message(tmp_path, "name: a\nname: b\n")
    assert "wrong type; got nothing, want a mapping with the keys name, target" in _message(tmp_path, "")
    with pytest.raises(UserError, match="gone.yaml: cannot be read; got No such file"):
        spec.load(tmp_path / "gone.yaml")
