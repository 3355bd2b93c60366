"""network.h binds every name of the interface, and a plan that is none is refused."""

import dataclasses
import json
from pathlib import Path

import pytest

from firmware import network_header
from firmware.network_header import Network
from tools.errors import UserError


def test_header_binds_every_name() -> None:
    text = network_header.render(Network("voltage_event", False, (), 256), "voltage_event.h", has_detector=False)
    assert '#include "voltage_event.h"\n' in text
    assert '#define NETWORK_NAME "voltage_event"\n' in text
    assert "#define NETWORK_INPUT_ZERO_POINT VOLTAGE_EVENT_INPUT_ZERO_POINT\n" in text
    assert "typedef voltage_event_t network_t;\n" in text
    assert "return voltage_event_init(self, arena, arena_bytes);" in text
    assert "return voltage_event_run(self, input, output);" in text
    assert "voltage_event_reset" not in text and "static inline int network_reset(" in text


def test_header_binds_the_reset_of_a_network_with_a_state() -> None:
    assert "return heard_reset(self);" in network_header.render(Network("heard", True, (), 16), "heard.h", has_detector=False)


def test_the_detector_finds_its_classes_or_refuses() -> None:
    network = Network("events", False, ("sag", "harmonics", "transient"), 256)
    text = network_header.render(network, "events.h", has_detector=True)
    assert "#define NETWORK_HAS_DETECTOR 1\n#define NETWORK_CLASS_TRANSIENT 2\n#define NETWORK_CLASS_HARMONICS 1\n" in text
    assert "#define NETWORK_HAS_DETECTOR 0\n" in network_header.render(network, "events.h", has_detector=False)
    for changes, message in (({"input_bytes": 128}, "events: .* got an input of 128 bytes, want 256. Fix: .* detector = False"),
                             ({"classes": ("sag", "transient")}, "events: .* got sag, transient, want harmonics too. Fix: ")):
        with pytest.raises(UserError, match=message):
            network_header.render(dataclasses.replace(network, **changes), "events.h", has_detector=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "plan.json: cannot be read as JSON; got .*, want a plan. Fix: pass"),
        ("[]", "plan.json: name is no C prefix; got None"),
        ('{"name": "2d-cnn"}', r"name is no C prefix; got '2d-cnn', want \[a-z\]"),
        ('{"name": "a\\n"}', "name is no C prefix"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        network_header.read_plan(str(path))


_INT8 = {"type": "int8"}


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ({"inputs": [_INT8, _INT8], "output": _INT8}, "wants one int8 input; got 2 of type int8, int8"),
        ({"input": _INT8, "output": {"type": "float32"}}, "wants one int8 output; got 1 of type float32"),
    ],
)
def test_what_the_service_cannot_run_is_refused(tmp_path: Path, ends: dict, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"name": "twins", **ends}), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        network_header.read_plan(str(path))


def test_a_plan_for_the_service(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"name": "shapes", "input": _INT8, "output": _INT8}), encoding="utf-8")
    assert network_header.read_plan(str(path)) == Network("shapes", False, (), 0)
    path.write_text(json.dumps({"name": "heard", "input": _INT8, "output": _INT8, "state_bytes": 12}), encoding="utf-8")
    assert network_header.read_plan(str(path)) == Network("heard", True, (), 0)


def test_a_missing_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent.json: cannot be read"):
        network_header.read_plan(str(tmp_path / "absent.json"))
