"""The service on the simulator: every request, every bad frame, garbage. It never hangs and always gets back into step."""

import hashlib
import random
import zlib

import numpy as np
import pytest

from firmware import protocol
from firmware.client import Client, ServiceError
from firmware.protocol import ErrorCode, Request, encode
from firmware.seal import SEAL_BYTES, is_sealed
from firmware.testing.images import CLASSES, FOLDER, INPUT_BYTES, Order, drain, echo_machine, window
from tools.sim.machine import Machine

CODE_BYTES_MAX = 3072
STACK_BYTES_MAX = 512
WINDOW = bytes(window(1, 2, 3))


@pytest.fixture(name="machine", scope="module")
def machine_fixture() -> Machine:
    return echo_machine()


@pytest.fixture(name="client")
def client_fixture(machine: Machine) -> Client:
    drain(machine)
    return Client(machine)


def error_of(client: Client, request: bytes) -> tuple[ErrorCode, int]:
    """Error code and request type in the error reply to raw bytes."""
    frame = client.exchange(request)
    assert frame.type == protocol.TYPE_ERROR, frame
    code, request_type = frame.payload
    return ErrorCode(code), request_type


def with_wrong_crc(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def test_identify_tells_what_is_linked_in(client: Client) -> None:
    identity = client.identify()
    assert (identity.name, identity.classes) == ("echo", CLASSES)
    assert (identity.input_bytes, identity.output_bytes, identity.arena_bytes) == (INPUT_BYTES, 3, 64)
    assert (identity.input_scale, identity.input_zero_point) == (0.5, -3)
    assert (identity.output_scale, identity.output_zero_point) == (1 / 256, -128)
    assert identity.image_bytes == (FOLDER / "echo.bin").stat().st_size
    assert identity.clock_hz == 80_000_000
    image = (FOLDER / "echo.bin").read_bytes()
    assert is_sealed(image)
    assert identity.build == hashlib.sha256(image[:-SEAL_BYTES]).hexdigest()
    assert identity.crc == int.from_bytes(image[-4:], "little") == zlib.crc32(image[:-4])


@pytest.mark.parametrize("scores", [(1, 2, 3), (3, 2, 1), (-128, 127, 5), (7, 7, 7), (0, 9, 9), (-128, -128, -127), (127, -128, 127)])
def test_run_returns_scores_and_the_lowest_of_the_best_classes(client: Client, scores: tuple[int, ...]) -> None:
    result = client.run(window(*scores))
    assert result.scores.tolist() == list(scores)
    assert result.class_index == int(np.argmax(scores))
    assert result.cycles == 0, "functional mode has no cycles"


def test_run_times_the_network_alone() -> None:
    client = Client(echo_machine(timing="zero_wait"))
    first, second = client.run(window(1, 2, 3)), client.run(window(1, 2, 3))
    assert 20 < first.cycles < 1000
    assert second.cycles == first.cycles


BAD_FRAMES = {
    "crc of a run": (with_wrong_crc(encode(Request.RUN, WINDOW)), ErrorCode.CRC, 3),
    "crc of an empty request": (with_wrong_crc(encode(Request.IDENTIFY)), ErrorCode.CRC, 1),
    "crc before version": (with_wrong_crc(encode(Request.IDENTIFY, version=9)), ErrorCode.CRC, 1),
    "version": (encode(Request.IDENTIFY, version=2), ErrorCode.VERSION, 1),
    "version before oversize": (encode(Request.RUN, bytes(100), version=0), ErrorCode.VERSION, 3),
    "type 0": (encode(0), ErrorCode.TYPE, 0),
    "type 4": (encode(4, b"abc"), ErrorCode.TYPE, 4),
    "type of a reply": (encode(0x83, b"abc"), ErrorCode.TYPE, 0x83),
    "identify with payload": (encode(Request.IDENTIFY, b"x"), ErrorCode.LENGTH, 1),
    "class name without index": (encode(Request.CLASS_NAME), ErrorCode.LENGTH, 2),
    "class name with two": (encode(Request.CLASS_NAME, b"\0\0"), ErrorCode.LENGTH, 2),
    "short window": (encode(Request.RUN, WINDOW[:-1]), ErrorCode.LENGTH, 3),
    "no window": (encode(Request.RUN), ErrorCode.LENGTH, 3),
    "long window": (encode(Request.RUN, WINDOW + b"x"), ErrorCode.OVERSIZE, 3),
    "longest frame": (encode(Request.RUN, b"\xa5" * 0xFFFF), ErrorCode.OVERSIZE, 3),
    "class 3 of 3": (encode(Request.CLASS_NAME, b"\3"), ErrorCode.INDEX, 2),
    "class 255": (encode(Request.CLASS_NAME, b"\xff"), ErrorCode.INDEX, 2),
    "network fails": (encode(Request.RUN, bytes(window(order=Order.FAIL))), ErrorCode.NETWORK, 3),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames_are_answered_and_the_next_good_one_too(client: Client, case: str) -> None:
    frame, code, request_type = BAD_FRAMES[case]
    assert error_of(client, frame) == (code, request_type)
    assert client.run(window(1, 2, 3)).scores.tolist() == [1, 2, 3]


@pytest.mark.parametrize("kept_bytes", [1, 2, 4, 5, 6, 20, 22])
def test_truncated_frames_are_given_up(client: Client, kept_bytes: int) -> None:
    known_type = Request.RUN if kept_bytes >= protocol.PREFIX.size else 0
    assert error_of(client, encode(Request.RUN, WINDOW)[:kept_bytes]) == (ErrorCode.TRUNCATED, known_type)
    assert client.class_name(1) == "second"


def test_noise_before_a_frame_is_skipped(client: Client) -> None:
    noise = bytes(value for value in range(256) if value != protocol.SYNC)
    assert client.exchange(noise + encode(Request.RUN, WINDOW)).type == Request.RUN | protocol.REPLY


def test_a_refused_request_is_a_service_error(client: Client) -> None:
    with pytest.raises(ServiceError, match="refused; got INDEX, want a reply to CLASS_NAME") as caught:
        client.class_name(3)
    assert caught.value.code is ErrorCode.INDEX


def test_an_overrun_is_cleared(machine: Machine, client: Client) -> None:
    machine.uart.overrun()
    assert client.class_name(0) == "first"
    assert machine.register_writes[-1].name == "USART2.ICR"
    cleared = len(machine.register_writes)
    assert client.class_name(0) == "first"
    assert len(machine.register_writes) == cleared, "ORE was still set"


def test_garbage_never_hangs_it(machine: Machine, client: Client) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(60):
        garbage = bytearray(generator.randbytes(generator.randrange(1, 80)))
        for _ in range(generator.randrange(3)):
            garbage[generator.randrange(len(garbage))] = protocol.SYNC
        if generator.random() < 0.5:
            whole = bytearray(encode(generator.randrange(6), generator.randbytes(generator.randrange(20))))
            whole[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
            garbage += whole
        machine.uart.send(bytes(garbage))
        drain(machine)
        scores = [generator.randrange(-128, 128) for _ in range(3)]
        assert client.run(window(*scores)).scores.tolist() == scores, f"after {garbage.hex()}"
    assert machine.faults == []


def test_all_of_it_is_small(machine: Machine, client: Client) -> None:
    client.identify()
    client.run(window(1, 2, 3))
    assert error_of(client, BAD_FRAMES["long window"][0]) == (ErrorCode.OVERSIZE, Request.RUN)
    stack_bytes = machine.stack_high_water_bytes(machine.symbols["_stack_top"], machine.symbols["_stack_bottom"])
    image_bytes = (FOLDER / "echo.bin").stat().st_size
    print(f"image {image_bytes} B, stack {stack_bytes} B")
    assert image_bytes <= CODE_BYTES_MAX
    assert 0 < stack_bytes <= STACK_BYTES_MAX
