"""Which layer a real network fails in: at its kernels, below them, between them and outside of them."""

import re
from pathlib import Path

import pytest

from firmware import protocol
from firmware.seal import resealed
from model.data import dataset
from tools.errors import UserError
from tools.profile.failure import RunningLayer, instruction_limit
from tools.profile.layers import Layer, read_layers
from tools.sim.boards import board_named
from tools.sim.errors import SimError
from tools.sim.stop import StopReason
from tools.trace.subject import Booted, Subject

FOLDER = Path("model/shapes")
LAYERS = read_layers(str(FOLDER / "shapes_c_source/shapes.plan.json"))
UNDEFINED = b"\x00\xde"  # udf #0
PUSH_FOR_EVER = b"\xff\xb4\xfd\xe7"  # push {r0-r7}; b to it
LINK_REGISTER = 14


def boot(changes: dict[int, bytes]) -> Booted:
    """The network with other code in the image, by address; what has run is translated, and would not change any more."""
    image, elf = (bytearray((FOLDER / f"shapes_program.{suffix}").read_bytes()) for suffix in ("bin", "elf"))
    for address, code in changes.items():
        offset = address - board_named("stm32l476").flash.base
        image[offset : offset + len(code)] = code
    window = dataset.load_pilot(FOLDER / "shapes.pilot.npz").x[0]
    return Subject(resealed(bytes(image)), bytes(elf), "stm32l476", window, LAYERS).boot(None)


@pytest.fixture(name="shapes")
def _shapes() -> Booted:
    return boot({})


def run_to(booted: Booted, address: int, times: int = 1) -> None:
    """Asks for an inference and stands at `address`, reached for the `times`th time."""
    machine = booted.machine
    machine.uart.send(protocol.encode(protocol.Request.RUN, booted.window.tobytes()))
    for _ in range(times):
        machine.advance(1)
        assert machine.run(until=address) is StopReason.UNTIL
        assert machine.pc == address & ~1


def place_of_fault(booted: Booted, address: int) -> str:
    """Goes on from where the machine stands, to a fault at `address`."""
    booted.machine.write(address & ~1, UNDEFINED)
    booted.machine.run()
    (fault,) = booted.machine.faults
    assert fault.pc == address & ~1
    return fault.place


def calls() -> list[tuple[str, int, str]]:
    """Each layer's kernel, the how manieth call of it the layer is, and the layer."""
    kernels = [layer.kernel for layer in LAYERS]
    return [(layer.kernel, kernels[: index + 1].count(layer.kernel), layer.name) for index, layer in enumerate(LAYERS)]


def test_the_network_has_layers_that_share_a_kernel():
    assert max(times for _, times, _ in calls()) > 1


@pytest.mark.parametrize(("function", "times", "layer"), [*calls(), ("exponential", 3, "softmax")])
def test_a_kernel_and_what_it_calls_belong_to_the_layer(shapes, function, times, layer):
    address = shapes.machine.symbols[function]
    run_to(shapes, address, times)
    assert shapes.machine.where() == f"pc {shapes.machine.symbols.describe(address)}, layer {layer}"
    assert place_of_fault(shapes, address) == f"layer {layer}"


def test_what_the_inference_does_between_two_layers_belongs_to_the_next(shapes):
    first, second = LAYERS[:2]
    run_to(shapes, shapes.machine.symbols[first.kernel])
    behind_the_call = shapes.machine.register(LINK_REGISTER)
    assert place_of_fault(shapes, behind_the_call) == f"layer {second.name}"


def test_what_the_inference_does_before_its_first_layer_belongs_to_that(shapes):
    address = shapes.machine.symbols["shapes_run"]
    run_to(shapes, address)
    assert place_of_fault(shapes, address) == f"layer {LAYERS[0].name}"


def test_the_service_is_no_layer_although_a_register_still_holds_a_return_into_the_inference(shapes):
    run_to(shapes, shapes.machine.symbols["shapes_run"])
    behind_the_inference = shapes.machine.register(LINK_REGISTER)
    run_to(shapes, shapes.machine.symbols["arm_softmax_s8"])
    behind_the_layer = shapes.machine.register(LINK_REGISTER)
    run_to(shapes, behind_the_inference)
    shapes.machine.set_register(LINK_REGISTER, behind_the_layer)
    assert place_of_fault(shapes, behind_the_inference) == ""


def test_a_last_layer_that_is_jumped_to_is_named(shapes):
    """As a compiler ends a function with a call: it gives its frame back first, and nothing returns into it."""
    kernel = shapes.machine.symbols["arm_softmax_s8"]
    run_to(shapes, kernel)
    call = (shapes.machine.register(LINK_REGISTER) & ~1) - 4
    inference = shapes.machine.symbols.function_at(call)
    code = shapes.machine.read(inference.address, inference.size_bytes)
    frame, registers = re.search(rb"(.\xb0)\xbd\xe8(.[\x80-\xff])", code, re.DOTALL).groups()  # add sp, #n; pop {..., pc}
    registers = bytes([registers[0], registers[1] ^ 0xC0])  # lr in the place of pc
    offset = kernel - (call + 6) - 4
    jump = [0xF000 | offset >> 12 & 0x3FF, 0xB800 | offset >> 1 & 0x7FF]  # b.w forwards, by less than 4 MiB
    assert 0 <= offset < 1 << 22
    jumping = boot({call: frame + b"\xbd\xe8" + registers + b"".join(half.to_bytes(2, "little") for half in jump)})
    run_to(jumping, kernel)
    assert jumping.machine.symbols.function_at(jumping.machine.register(LINK_REGISTER)).name == "service_answer"
    assert place_of_fault(jumping, kernel) == "layer softmax"


def test_an_overflown_stack_still_tells_the_layer(shapes):
    shapes.machine.write(shapes.machine.symbols["exponential"], PUSH_FOR_EVER)
    with pytest.raises(UserError, match=r"stack overflow; after bus fault at address 0x1fff[0-9a-f]{4} \(write\), pc .* "
                                        r"\(exponential\+0x0\), layer softmax; stopped at pc "):
        shapes.run()


def test_a_lost_stack_tells_nothing(shapes):
    address = shapes.machine.symbols["exponential"]
    run_to(shapes, address)
    for elsewhere in (0x10000100, 0x20017F00, 0xE0000000):
        shapes.machine.set_register(13, elsewhere)
        assert shapes.machine.where() == f"pc {shapes.machine.symbols.describe(address)}"


def test_a_layer_is_named_in_a_call_from_outside_too(shapes):
    machine = shapes.machine
    machine.write(machine.symbols["arm_max_pool_s8"], UNDEFINED)
    run_to(shapes, machine.symbols["shapes_run"])
    arguments = [machine.register(number) for number in range(3)]
    with pytest.raises(SimError, match=r"undefined instruction, pc .* \(arm_max_pool_s8\+0x0\), layer max_pooling2d; "
                                       "its handler ran"):
        machine.call("shapes_run", *arguments)


def test_without_symbols_or_kernels_there_is_no_layer(shapes):
    machine = shapes.machine
    run_to(shapes, machine.symbols["arm_softmax_s8"])
    other = (Layer("dense", "FULLY_CONNECTED", "no_such_kernel", 1),)
    assert RunningLayer(machine, "shapes_run", LAYERS)() == "layer softmax"
    assert RunningLayer(machine, "other_run", LAYERS)() == RunningLayer(machine, "shapes_run", other)() == ""


def test_the_limit_of_instructions_grows_with_the_network():
    dense = Layer("dense", "FULLY_CONNECTED", "arm_fully_connected_s8", macs=10_000_000)
    softmax = Layer("softmax", "SOFTMAX", "arm_softmax_s8", macs=0)
    assert instruction_limit((softmax,)) == instruction_limit(())
    assert instruction_limit((dense, softmax)) - instruction_limit((softmax,)) > 30 * dense.macs
