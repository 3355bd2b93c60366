"""Frames and payloads of the service's protocol (firmware/PROTOCOL.md), on the host's side.

Purpose: bytes to dataclasses and back. Non-goals: transport and timeouts (firmware/client.py).
The constants are those of firmware/protocol.h; protocol_test.py holds the two together.
"""

import binascii
import enum
import struct
from dataclasses import dataclass

SYNC = 0xA5
VERSION = 1
CRC_INITIAL = 0xFFFF
PREFIX = struct.Struct("<BBBH")  # sync, version, type, payload bytes
CRC_BYTES = 2
REPLY = 0x80  # set in the type of a reply

_IDENTITY = struct.Struct("<HHHfifiIIIB")
_SEAL = struct.Struct("<32sI")
_RESULT = struct.Struct("<IH")
_FAULT = struct.Struct("<BIII")
_HOP = struct.Struct("<IIB")
_EVENT = struct.Struct("<BBHII")

EVENT_KINDS = {1: "sag", 2: "swell", 3: "interruption", 4: "transient", 5: "harmonics"}
"""Kinds of events by their code; firmware/detector.h has the same."""
RESIDUALS_PER_PU = 4096
HOP, HOP_CHANNELS = 16, 3
"""Samples and voltages of a request STREAM."""


class Request(enum.IntEnum):
    """Types of requests."""

    IDENTIFY = 0x01
    CLASS_NAME = 0x02
    RUN = 0x03
    STREAM = 0x04


TYPE_ERROR = 0xFF
TYPE_FAULT = 0xFE


class ErrorCode(enum.IntEnum):
    """First byte of an error reply."""

    CRC = 0x01
    VERSION = 0x02
    TYPE = 0x03
    LENGTH = 0x04
    OVERSIZE = 0x05
    TRUNCATED = 0x06
    INDEX = 0x07
    NETWORK = 0x08


class FaultCode(enum.IntEnum):
    """Code of a fault report; exceptions by their number in the ARMv7-M manual, the rest from firmware/boards/board.h."""

    NMI = 2
    HARD_FAULT = 3
    MEMORY_MANAGEMENT = 4
    BUS_FAULT = 5
    USAGE_FAULT = 6
    VOLTAGE_NOT_READY = 0xC0
    FLASH_LATENCY_NOT_SET = 0xC1
    OSCILLATOR_NOT_READY = 0xC2
    PLL_NOT_STOPPED = 0xC3
    PLL_NOT_READY = 0xC4
    CLOCK_NOT_SWITCHED = 0xC5
    UART_NOT_READY = 0xC6
    NETWORK = 0xD0
    IMAGE = 0xD1


class ProtocolError(Exception):
    """Bytes that are no frame, or a payload that is not what its type says."""


@dataclass(frozen=True)
class Frame:
    """One frame: its type (0 to 255) and payload."""

    type: int
    payload: bytes


@dataclass(frozen=True)
class Identity:
    """What the firmware says about itself. A real value is (int8 - zero_point) * scale; `classes` by index. `build` is the image's
    identity, SHA-256 in hexadecimal digits, and `crc` its CRC-32; "" and 0 from firmware before these.
    """

    name: str
    classes: tuple[str, ...]
    input_bytes: int
    output_bytes: int
    input_scale: float
    input_zero_point: int
    output_scale: float
    output_zero_point: int
    arena_bytes: int
    image_bytes: int
    clock_hz: int
    build: str = ""
    crc: int = 0


@dataclass(frozen=True)
class Event:
    """An event of the streaming detector, on channel 0 to 2 (phases) or 3 (the system); `kind` as in EVENT_KINDS. `start` is its first
    sample since the detector began, `end` the first after it, None while it lasts. `residual_pu`: the lowest one-cycle RMS, of a swell
    the highest, of transients and harmonics 0."""

    channel: int
    kind: str
    start: int
    end: int | None
    residual_pu: float


@dataclass(frozen=True)
class Hop:
    """What the detector says after a hop: samples since it began, cycles of the core clock that the hop took, the events that ended in it
    and those that last, and how many more ended than a reply holds."""

    clock: int
    cycles: int
    lost: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Fault:
    """A fault report; pc, lr and cfsr are 0 where no exception was the cause."""

    code: int
    pc: int
    lr: int
    cfsr: int

    def __str__(self) -> str:
        known = self.code in FaultCode.__members__.values()
        name = FaultCode(self.code).name if known else f"exception {self.code}"
        return f"{name} at pc {self.pc:#010x}, lr {self.lr:#010x}, CFSR {self.cfsr:#010x}"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE of `data`."""
    return binascii.crc_hqx(data, CRC_INITIAL)


def encode(frame_type: int, payload: bytes = b"", version: int = VERSION) -> bytes:
    """The bytes of a frame."""
    body = PREFIX.pack(SYNC, version, frame_type, len(payload)) + payload
    return body + crc16(body[1:]).to_bytes(CRC_BYTES, "big")


def frame_bytes(prefix: bytes) -> int:
    """Length of the whole frame that starts with `prefix`, which has PREFIX.size bytes."""
    sync, version, _, payload_bytes = PREFIX.unpack(prefix)
    if (sync, version) != (SYNC, VERSION):
        raise ProtocolError(f"service: no frame; got sync {sync:#04x} version {version}, want {SYNC:#04x} and {VERSION}")
    return PREFIX.size + payload_bytes + CRC_BYTES


def decode(data: bytes) -> Frame:
    """The frame that `data` is, from its sync byte to its CRC."""
    if len(data) < PREFIX.size or len(data) != frame_bytes(data[: PREFIX.size]):
        raise ProtocolError(f"service: truncated frame; got {len(data)} bytes {data[:16].hex()}")
    want, got = crc16(data[1:-CRC_BYTES]), int.from_bytes(data[-CRC_BYTES:], "big")
    if got != want:
        raise ProtocolError(f"service: wrong CRC; got {got:#06x}, want {want:#06x}")
    return Frame(data[2], data[PREFIX.size : -CRC_BYTES])


def decode_identity(payload: bytes, classes: tuple[str, ...] = ()) -> tuple[Identity, int]:
    """The identity in the reply to IDENTIFY, and the number of classes whose names are still to be asked for."""
    if len(payload) < _IDENTITY.size or len(payload) < _IDENTITY.size + payload[_IDENTITY.size - 1]:
        raise ProtocolError(f"service: short identity; got {len(payload)} bytes, want {_IDENTITY.size} and the name")
    input_bytes, output_bytes, class_count, *numbers, name_bytes = _IDENTITY.unpack_from(payload)
    name, rest = payload[_IDENTITY.size : _IDENTITY.size + name_bytes].decode(), payload[_IDENTITY.size + name_bytes :]
    build, crc = _SEAL.unpack_from(rest) if len(rest) >= _SEAL.size else (b"", 0)
    return Identity(name, classes, input_bytes, output_bytes, *numbers, build.hex(), crc), class_count


def decode_result(payload: bytes) -> tuple[int, int, bytes]:
    """Cycles, class index and scores (int8) in the reply to RUN."""
    if len(payload) <= _RESULT.size:
        raise ProtocolError(f"service: short result; got {len(payload)} bytes, want more than {_RESULT.size}")
    return *_RESULT.unpack_from(payload), payload[_RESULT.size :]


def decode_hop(payload: bytes) -> Hop:
    """The detector's hop in the reply to STREAM."""
    if len(payload) < _HOP.size or (len(payload) - _HOP.size) % _EVENT.size:
        raise ProtocolError(f"service: wrong hop; got {len(payload)} bytes, want {_HOP.size} and {_EVENT.size} per event")
    clock, cycles, lost = _HOP.unpack_from(payload)
    events = []
    for channel, kind, residual, start, end in _EVENT.iter_unpack(payload[_HOP.size:]):
        if kind not in EVENT_KINDS:
            raise ProtocolError(f"service: unknown kind of event; got {kind}, want one of {', '.join(map(str, EVENT_KINDS))}")
        events.append(Event(channel, EVENT_KINDS[kind], start, end or None, residual / RESIDUALS_PER_PU))
    return Hop(clock, cycles, lost, tuple(events))


def decode_fault(payload: bytes) -> Fault:
    """The fault report in the payload of a frame of TYPE_FAULT."""
    if len(payload) != _FAULT.size:
        raise ProtocolError(f"service: wrong fault report; got {len(payload)} bytes, want {_FAULT.size}")
    return Fault(*_FAULT.unpack(payload))
