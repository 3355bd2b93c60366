"""Asks the inference service of a firmware, in the simulator or on a board.

Purpose: requests of firmware/PROTOCOL.md as method calls. Errors: ServiceError with what the firmware said.
Non-goals: quantizing windows, interpreting scores.
"""

import dataclasses
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from firmware import protocol
from firmware.protocol import Event, Fault, Frame, Hop, Identity, Request
from tools.errors import UserError
from tools.sim.stop import StopReason


class ServiceError(Exception):
    """The firmware refused a request, reported a fault, or did not answer. `code`: its error code, if it sent one."""

    def __init__(self, message: str, code: protocol.ErrorCode | None = None, fault: Fault | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.fault = fault


@dataclass(frozen=True)
class Result:
    """One inference: scores int8 [classes], the best class (lowest index among equals), cycles of the core clock."""

    scores: np.ndarray
    class_index: int
    cycles: int


@dataclass(frozen=True)
class Detected:
    """What the streaming detector found in a signal: its events, the clock at which each was first reported, by its channel, kind and
    start, and the most cycles that a hop took."""

    events: tuple[Event, ...]
    reported: dict[tuple[int, str, int], int]
    cycles_max: int


class Transport(Protocol):
    """Bytes to and from a firmware."""

    def send(self, data: bytes) -> None:
        """Sends all of `data`."""

    def receive(self, byte_count: int) -> bytes:
        """The next bytes; fewer than `byte_count` if the line stays silent."""


class MachineTransport:
    """The UART of a simulated machine, which runs only while somebody waits for its bytes."""

    # The machine stops after 16 polls of an empty UART; the firmware gives a frame up after 4,000 (board.h: 20 ms).
    _IDLE_RUNS = 2 * 4000 // 16

    def __init__(self, machine, max_instructions: int = 100_000_000) -> None:
        self._machine = machine
        self._max_instructions = max_instructions

    def send(self, data: bytes) -> None:
        self._machine.uart.send(data)

    def receive(self, byte_count: int) -> bytes:
        uart = self._machine.uart
        for _ in range(self._IDLE_RUNS):
            if uart.sent_bytes >= byte_count:
                break
            if self._machine.run(self._max_instructions) is not StopReason.IDLE:
                break  # halted for good, or asks for a reset: no byte will come
        return uart.receive(byte_count)


class StreamTransport:
    """A stream with read(n) and write(data), such as pyserial's Serial(port, 115200, timeout=1)."""

    def __init__(self, stream) -> None:
        self._stream = stream

    def send(self, data: bytes) -> None:
        self._stream.write(data)

    def receive(self, byte_count: int) -> bytes:
        return self._stream.read(byte_count)


class Client:
    """The service behind `machine`, a tools.sim.machine.Machine, or behind any other `transport`."""

    def __init__(self, machine=None, transport: Transport | None = None) -> None:
        self._transport = transport or MachineTransport(machine)

    def identify(self) -> Identity:
        """What is running there, the names of its classes included."""
        identity, class_count = protocol.decode_identity(self._ask(Request.IDENTIFY))
        return dataclasses.replace(identity, classes=tuple(self.class_name(i) for i in range(class_count)))

    def class_name(self, index: int) -> str:
        """The name of the class `index`, 0 to 255."""
        return self._ask(Request.CLASS_NAME, bytes([index])).decode()

    def run(self, window: np.ndarray) -> Result:
        """Classifies `window`, int8 of any shape with the network's number of input bytes."""
        if window.dtype != np.int8:
            raise UserError(f"window: wrong type; got {window.dtype}, want int8. Fix: quantize it by the identity's input scale")
        cycles, class_index, scores = protocol.decode_result(self._ask(Request.RUN, window.tobytes()))
        return Result(np.frombuffer(scores, np.int8), class_index, cycles)

    def stream_begin(self) -> None:
        """Lets the streaming detector begin anew."""
        self._ask(Request.STREAM)

    def stream(self, codes: np.ndarray) -> Hop:
        """Gives the streaming detector its next hop: int16 [16, 3], the voltages of three phases in 1/512 pu."""
        if codes.dtype != np.int16:
            raise UserError(f"hop: wrong type; got {codes.dtype}, want int16. Fix: give codes of 1/512 pu")
        return protocol.decode_hop(self._ask(Request.STREAM, codes.astype("<i2").tobytes()))

    def detect(self, codes: np.ndarray) -> Detected:
        """The events of a whole signal, int16 [3, N], N a multiple of 16; ServiceError where a reply could not hold them."""
        self.stream_begin()
        found, lasting, reported, cycles_max = [], (), {}, 0
        for start in range(0, codes.shape[1], protocol.HOP):
            hop = self.stream(np.ascontiguousarray(codes[:, start:start + protocol.HOP].T))
            if hop.lost:
                raise ServiceError(f"service: more events ended before sample {hop.clock} than a reply holds; got {hop.lost} more")
            cycles_max = max(cycles_max, hop.cycles)
            found += [event for event in hop.events if event.end is not None]
            lasting = tuple(event for event in hop.events if event.end is None)
            for event in hop.events:
                reported.setdefault((event.channel, event.kind, event.start), hop.clock)
        return Detected((*found, *lasting), reported, cycles_max)

    def exchange(self, request: bytes) -> Frame:
        """Sends raw bytes and takes the next frame, of whatever type it is; ServiceError if none comes."""
        self._transport.send(request)
        prefix = self._transport.receive(protocol.PREFIX.size)
        if len(prefix) < protocol.PREFIX.size:
            raise ServiceError(f"service: no reply to {request[:16].hex()}; got {len(prefix)} bytes, want a frame")
        rest = self._transport.receive(protocol.frame_bytes(prefix) - len(prefix))
        return protocol.decode(prefix + rest)

    def _ask(self, request: Request, payload: bytes = b"") -> bytes:
        """The payload of the reply to `request`."""
        frame = self.exchange(protocol.encode(request, payload))
        if frame.type == request | protocol.REPLY:
            return frame.payload
        if frame.type == protocol.TYPE_FAULT:
            fault = protocol.decode_fault(frame.payload)
            raise ServiceError(f"service: the firmware has stopped; got {fault}, want a reply to {request.name}", fault=fault)
        if frame.type == protocol.TYPE_ERROR and frame.payload:
            code = protocol.ErrorCode(frame.payload[0])
            raise ServiceError(f"service: refused; got {code.name}, want a reply to {request.name}", code=code)
        raise ServiceError(f"service: wrong reply; got type {frame.type:#04x}, want {request | protocol.REPLY:#04x}")
