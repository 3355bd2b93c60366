"""Frames and payloads, the client's errors, and that C and Python mean the same constants."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from firmware import protocol
from firmware.client import Client, ServiceError, StreamTransport
from firmware.protocol import ErrorCode, FaultCode, Frame, ProtocolError, Request
from tools.errors import UserError

IDENTITY = bytes.fromhex("1000 0300 0300 0000003f fdffffff 0000803b 80ffffff 40000000 e0080000 00b4c404 04") + b"echo"


class OneReply:
    """A stream that answers every request with the same bytes."""

    def __init__(self, reply: bytes) -> None:
        self.requests: list[bytes] = []
        self._reply = reply
        self._left = b""

    def write(self, data: bytes) -> None:
        self.requests.append(data)
        self._left = self._reply

    def read(self, byte_count: int) -> bytes:
        taken, self._left = self._left[:byte_count], self._left[byte_count:]
        return taken


def client_hearing(reply: bytes) -> Client:
    return Client(transport=StreamTransport(OneReply(reply)))


def c_constants(path: str) -> dict[str, int]:
    """Enumerators with a value in the C header at `path`."""
    text = Path(path).read_text(encoding="utf-8")
    return {name: int(value, 0) for name, value in re.findall(r"^ {4}([A-Z0-9_]+) = (0x[0-9A-F]+|\d+),", text, re.M)}


def test_c_header_and_python_agree() -> None:
    want = {"SYNC": protocol.SYNC, "VERSION": protocol.VERSION, "CRC_INITIAL": protocol.CRC_INITIAL}
    want |= {"HEADER_BYTES": protocol.PREFIX.size - 1, "FAULT_NETWORK": FaultCode.NETWORK, "TYPE_REPLY": protocol.REPLY}
    want |= {"FAULT_IMAGE": FaultCode.IMAGE}
    want |= {"TYPE_ERROR": protocol.TYPE_ERROR, "TYPE_FAULT": protocol.TYPE_FAULT}
    want |= {f"TYPE_{request.name}": request for request in Request}
    want |= {f"ERROR_{code.name}": code for code in ErrorCode}
    assert c_constants("firmware/protocol.h") == {f"PROTOCOL_{name}": value for name, value in want.items()}


def test_board_statuses_and_python_agree() -> None:
    statuses = {name: value for name, value in c_constants("firmware/boards/board.h").items() if value >= 0xC0 and "UART_BAUD" not in name}
    want = {f"BOARD_{code.name}": int(code) for code in FaultCode if 0xC0 <= code < FaultCode.NETWORK}
    assert statuses == want


def test_events_and_python_agree() -> None:
    constants = c_constants("firmware/detector.h")
    assert (constants["DETECTOR_HOP"], constants["DETECTOR_PHASES"]) == (protocol.HOP, protocol.HOP_CHANNELS)
    assert {constants[f"DETECTOR_{name.upper()}"]: name for name in protocol.EVENT_KINDS.values()} == protocol.EVENT_KINDS


def test_crc_has_the_published_check_value() -> None:
    assert protocol.crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("payload", [b"", b"\x00", bytes(range(256)), b"\xa5" * 1000])
def test_decode_inverts_encode(payload: bytes) -> None:
    assert protocol.decode(protocol.encode(Request.RUN, payload)) == Frame(Request.RUN, payload)


def test_every_damaged_or_cut_frame_is_refused() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(300):
        frame = protocol.encode(generator.randrange(256), generator.randbytes(generator.randrange(300)))
        with pytest.raises(ProtocolError, match="truncated"):
            protocol.decode(frame[: generator.randrange(len(frame))])
        damaged = bytearray(frame)
        damaged[generator.randrange(len(frame))] ^= 1 << generator.randrange(8)
        with pytest.raises(ProtocolError, match="no frame|truncated|wrong CRC"):
            protocol.decode(bytes(damaged))


def test_identity_is_read_field_by_field() -> None:
    identity, class_count = protocol.decode_identity(IDENTITY + b"from a later firmware")
    assert (identity.name, identity.input_bytes, identity.output_bytes, class_count) == ("echo", 16, 3, 3)
    assert (identity.input_scale, identity.input_zero_point) == (0.5, -3)
    assert (identity.output_scale, identity.output_zero_point) == (1 / 256, -128)
    assert (identity.arena_bytes, identity.image_bytes, identity.clock_hz) == (64, 2272, 80_000_000)


@pytest.mark.parametrize(
    ("decode", "payload", "message"),
    [
        (protocol.decode_identity, IDENTITY[:-1], "short identity; got 38 bytes, want 35 and the name"),
        (protocol.decode_identity, b"", "short identity; got 0 bytes"),
        (protocol.decode_result, bytes(6), "short result; got 6 bytes, want more than 6"),
        (protocol.decode_hop, bytes(10), "wrong hop; got 10 bytes, want 9 and 12 per event"),
        (protocol.decode_hop, bytes(9) + b"\0\x06" + bytes(10), "unknown kind of event; got 6, want one of 1, 2, 3, 4, 5"),
        (protocol.decode_fault, bytes(12), "wrong fault report; got 12 bytes, want 13"),
    ],
)
def test_short_payloads_are_refused(decode, payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        decode(payload)


def test_client_takes_a_result_over_a_stream() -> None:
    reply = protocol.encode(Request.RUN | protocol.REPLY, bytes.fromhex("10270000 0200 80007f"))
    result = client_hearing(reply).run(np.zeros((8, 2), np.int8))
    assert (result.cycles, result.class_index, result.scores.tolist()) == (10_000, 2, [-128, 0, 127])


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"", "no reply to a50101.*; got 0 bytes, want a frame"),
        (protocol.encode(protocol.TYPE_ERROR, b"\x04\x01"), "refused; got LENGTH, want a reply to IDENTIFY"),
        (protocol.encode(protocol.TYPE_FAULT, bytes.fromhex("03 78563412 01000000 00820000")),
         "the firmware has stopped; got HARD_FAULT at pc 0x12345678, lr 0x00000001, CFSR 0x00008200"),
        (protocol.encode(protocol.TYPE_FAULT, bytes([15, *bytes(12)])), "got exception 15 at pc 0x00000000"),
        (protocol.encode(0x83, b""), "wrong reply; got type 0x83, want 0x81"),
    ],
)  # fmt: skip
def test_client_says_what_went_wrong(reply: bytes, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        client_hearing(reply).identify()


def test_client_refuses_hops_that_are_not_int16() -> None:
    with pytest.raises(UserError, match="hop: wrong type; got float64, want int16. Fix: give codes"):
        client_hearing(b"").stream(np.zeros((16, 3)))


def test_client_refuses_windows_that_are_not_int8() -> None:
    with pytest.raises(UserError, match="window: wrong type; got float32, want int8. Fix: quantize"):
        client_hearing(b"").run(np.zeros(16, np.float32))
