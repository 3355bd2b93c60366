"""Profiling a real network: the parts add up, agree with the firmware's own counter, and every format can be read back."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from model.data import dataset
from tools.errors import UserError
from tools.profile.layers import Layer, profile_call, read_layers
from tools.profile.network_profile import outputs, profiles_of
from tools.profile.speedscope import SCHEMA
from tools.trace.subject import Subject

FOLDER = Path("model/shapes")
PLAN = str(FOLDER / "shapes_c_source/shapes.plan.json")
BOARD_PROFILE = "stm32l476_80mhz"
# The call, its arguments and two reads of the counter, with flash wait states.
CALL_CYCLES_MAX = 150


@pytest.fixture(name="shapes", scope="module")
def _shapes():
    image, elf = (FOLDER / f"shapes_program.{suffix}" for suffix in ("bin", "elf"))
    window = dataset.load_pilot(FOLDER / "shapes.pilot.npz").x[0]
    return Subject(image.read_bytes(), elf.read_bytes(), "stm32l476", window, read_layers(PLAN))


@pytest.fixture(name="profiles", scope="module")
def _profiles(shapes):
    return profiles_of(shapes)[2]


@pytest.fixture(name="written", scope="module")
def _written(shapes):
    return outputs(shapes, 0)


def test_layers_and_what_lies_between_add_up_to_the_inference(written):
    for profile in json.loads(written["json"])["profiles"].values():
        parts = [*profile["layers"], profile["between_layers"]]
        assert sum(part["cycles"] for part in parts) == profile["cycles"]
        assert sum(part["instructions"] for part in parts) == profile["instructions"]
        assert sum(function["cycles"] for function in profile["functions"]) == profile["cycles"]
        for part in [profile, *parts]:
            assert sum(part["causes"].values()) == part["cycles"] > 0


def test_layers_that_share_a_kernel_have_their_own_cycles(written):
    layers = json.loads(written["json"])["profiles"][BOARD_PROFILE]["layers"]
    first, second = [layer for layer in layers if layer["operator"] == "CONV_2D"]
    assert first["kernel"] == second["kernel"]
    assert first["name"] != second["name"] and first["cycles"] != second["cycles"]
    for layer in (first, second):
        assert layer["cycles_per_mac"] == layer["cycles"] / layer["macs"] > 0.5
    assert [layer["cycles_per_mac"] for layer in layers if not layer["macs"]] == [None, None]


@pytest.mark.parametrize("timing", [BOARD_PROFILE, "zero_wait"])
def test_the_profile_agrees_with_the_firmwares_counter(shapes, profiles, timing):
    booted = shapes.boot(timing)
    counted = booted.client.run(booted.window).cycles
    (profile,) = [profile for profile in profiles if profile.timing == timing]
    assert 0 <= counted - profile.total.cycles.total <= CALL_CYCLES_MAX


def test_assumed_accesses_are_those_that_the_timer_counts(shapes, profiles):
    booted = shapes.boot("zero_wait")
    before = booted.machine.assumed_accesses
    booted.client.run(booted.window)
    outside = booted.machine.assumed_accesses - before - profiles[1].total.assumed_blocks
    assert 0 <= outside <= 10  # those of the service around the inference
    assert profiles[0].total.blocks == profiles[1].total.blocks > profiles[1].total.assumed_blocks


def test_only_flash_has_wait_states(profiles):
    board, reference = profiles
    assert board.total.instructions == reference.total.instructions
    assert board.total.cycles.flash > 0 == reference.total.cycles.flash
    assert board.total.cycles.total - board.total.cycles.flash == reference.total.cycles.total


def test_the_table_has_a_row_for_each_layer_and_the_sum(written):
    names = [layer.name for layer in read_layers(PLAN)]
    lines = written["table"].splitlines()
    assert lines[0] == "shapes: one inference, window 0 of the pilot set"
    assert [line.split()[0] for line in lines[6 : 8 + len(names)]] == [*names, "(between)", "(all)"]


def test_speedscope_has_the_documented_fields(written):
    """As the schema has them: FileFormat.File, SampledProfile, Frame."""
    file = json.loads(written["speedscope"])
    assert file["$schema"] == SCHEMA and 0 <= file["activeProfileIndex"] < len(file["profiles"])
    frames = file["shared"]["frames"]
    assert all(set(frame) == {"name"} and frame["name"] for frame in frames)
    totals = [profile["cycles"] for profile in json.loads(written["json"])["profiles"].values()]
    for profile in file["profiles"]:
        assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
        assert profile["type"] == "sampled" and profile["unit"] == "none" and profile["startValue"] == 0
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(sample and all(0 <= index < len(frames) for index in sample) for sample in profile["samples"])
        assert all(weight > 0 for weight in profile["weights"]) and sum(profile["weights"]) == profile["endValue"]
    assert sorted(profile["endValue"] for profile in file["profiles"]) == sorted(totals)


def test_the_flame_graph_is_drawn_to_scale(written):
    svg = ElementTree.fromstring(written["flame_graph"])
    space = "{http://www.w3.org/2000/svg}"
    boxes = {g.find(space + "title").text.split(":")[0]: g.find(space + "rect") for g in svg.iter(space + "g")}
    profile = json.loads(written["json"])["profiles"][BOARD_PROFILE]
    root_px = float(boxes["shapes_run"].get("width"))
    for layer in profile["layers"]:
        assert float(boxes[layer["name"]].get("width")) == pytest.approx(root_px * layer["share"], abs=0.02)
        assert int(boxes[layer["name"]].get("y")) < int(boxes["shapes_run"].get("y"))


def test_two_profiles_of_one_image_are_equal(shapes, written):
    assert outputs(shapes, 0) == written


def test_the_plan_of_another_network_is_refused(shapes):
    booted = shapes.boot("zero_wait")
    layers = (Layer("dense", "FULLY_CONNECTED", "arm_softmax_s8", 1), Layer("more", "SOFTMAX", "arm_softmax_s8", 0))
    with pytest.raises(UserError, match="more: its kernel was not called in turn; got 1 of 2 layers, want arm_softmax_s8 next"):
        profile_call(booted.machine, "zero_wait", "shapes_run", layers, lambda: booted.client.run(booted.window))


def test_an_inference_that_is_not_called_is_no_profile(shapes):
    booted = shapes.boot("zero_wait")
    with pytest.raises(UserError, match="recording: shapes_run was not called; got no inference, want one"):
        profile_call(booted.machine, "zero_wait", "shapes_run", (), booted.client.identify)
    with pytest.raises(UserError, match="recording: the ELF has no symbol other_run"):
        profile_call(booted.machine, "zero_wait", "other_run", (), booted.client.identify)


def test_what_is_no_plan_is_refused(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text('{"layers": [{"name": "a"}]}')
    with pytest.raises(UserError, match="plan.json: is not a plan; got KeyError: 'operator', want the JSON of"):
        read_layers(str(path))
