"""The trace of a real network: every instruction once, totals that agree with the profile, one function alone, bad names,
and an image that fails on the way.
"""

import dataclasses
from pathlib import Path

import pytest

from firmware.seal import resealed
from model.data import dataset
from tools.errors import UserError
from tools.profile.layers import profile_call, read_layers
from tools.sim.boards import board_named
from tools.trace.instruction_trace import HEADER, trace
from tools.trace.subject import Subject

FOLDER = Path("model/shapes")


@pytest.fixture(name="shapes", scope="module")
def _shapes():
    image, elf = (FOLDER / f"shapes_program.{suffix}" for suffix in ("bin", "elf"))
    window = dataset.load_pilot(FOLDER / "shapes.pilot.npz").x[0]
    layers = read_layers(str(FOLDER / "shapes_c_source/shapes.plan.json"))
    return Subject(image.read_bytes(), elf.read_bytes(), "stm32l476", window, layers)


@pytest.fixture(name="lines", scope="module")
def _lines(shapes):
    lines = []
    trace(shapes, None, None, lines.append)
    return lines


def test_all_instructions_are_there_and_cycles_are_the_profiles(shapes, lines):
    booted = shapes.boot("stm32l476_80mhz")
    total = profile_call(booted.machine, "", "shapes_run", (), lambda: booted.client.run(booted.window)).total
    assert lines[0] == HEADER + "\n" and len(lines) == 1 + total.instructions
    assert int(lines[-1].split()[0]) == total.cycles.total
    assert sum(int(line[11:17]) + int(line[18:23].strip() or 0) for line in lines[1:]) == total.cycles.total


def test_a_line_has_cycles_address_symbol_and_disassembly(shapes, lines):
    entry = shapes.boot(None).machine.symbols["shapes_run"]
    address, symbol, mnemonic = lines[1][25:].split()[:3]
    assert (address, symbol) == (f"{entry:#010x}", "shapes_run+0x0") and mnemonic.startswith("push")
    assert any("  arm_softmax_s8+0x" in line for line in lines)


def test_instructions_behind_an_it_show_their_condition(lines):
    shown = [line[79:].split() for line in lines[1:]]
    pairs = [(it[1], then[0].removesuffix(".w")) for it, then in zip(shown, shown[1:]) if it[0] == "it"]
    assert pairs and all(mnemonic.endswith(condition) for condition, mnemonic in pairs)


def test_one_function_alone(shapes, lines):
    only = []
    traced = trace(shapes, None, "arm_softmax_s8", only.append)
    assert only[1:] == [line for line in lines if "  arm_softmax_s8+0x" in line]
    assert traced.cycles == int(lines[-1].split()[0])


def test_without_wait_states_nothing_waits_for_flash(shapes):
    lines = []
    trace(shapes, "zero_wait", None, lines.append)
    assert {line[18:23] for line in lines[1:]} == {" " * 5}


def test_names_that_do_not_exist_are_refused(shapes):
    with pytest.raises(UserError, match="recording: the ELF has no symbol no_such_kernel"):
        trace(shapes, None, "no_such_kernel", str)
    with pytest.raises(UserError, match="timing profile: unknown name; got 'no_such_profile'"):
        trace(shapes, "no_such_profile", None, str)


@pytest.mark.parametrize(("code", "complaint"), [
    ("00de", r"undefined instruction, pc 0x[0-9a-f]{8} \(arm_softmax_s8\+0x0\), layer softmax"),
    ("00bf fde7", r"stm32l476: runaway: no wait for input within 1000000 instructions; stopped at pc 0x[0-9a-f]{8} "
                  r"\(arm_softmax_s8\+0x[02]\), layer softmax"),
    ("ffb4 fde7", r"stm32l476: lockup: .* stack overflow; after bus fault at address 0x1fff[0-9a-f]{4} \(write\), "
                  r"pc 0x[0-9a-f]{8} \(arm_softmax_s8\+0x0\), layer softmax; stopped at "),
])
def test_an_image_that_fails_is_traced_up_to_there_and_named_with_its_layer(shapes, code, complaint):
    start = shapes.boot(None).machine.symbols["arm_softmax_s8"] - board_named(shapes.board).flash.base
    planted = bytes.fromhex(code)
    image = shapes.image[:start] + planted + shapes.image[start + len(planted) :]
    spoiled, lines = dataclasses.replace(shapes, image=resealed(image)), []
    with pytest.raises(UserError, match=f"^image: the window was not classified; got {complaint}.*, want scores. Fix: "):
        trace(spoiled, "zero_wait", "shapes_run", lines.append, max_instructions=1_000_000)
    assert lines[-1].split()[4] == "bl", "the call of the layer is the last that the inference did"
