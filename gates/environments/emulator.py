"""An emulator as a process, and its serial line as a stream.

Purpose: what an emulator on the host's time needs. `SerialLine` is a Transport (firmware/client.py); `await_boot` gets into step
with a firmware that may not have switched its UART on yet; `PatientClient` asks again where the host, not the firmware,
was at fault. Every wait has an end; the limits, which only end what hangs, are generous.
"""

import select
import socket
import subprocess
import time

from firmware import protocol
from firmware.client import Client
from tools.errors import UserError

REPLY_LIMIT_S = 60.0
_PROBE_S = 1.0
_SILENCE_S = 0.5


class SerialLine:
    """A connected socket at whose other end the emulated UART is."""

    def __init__(self, line: socket.socket, limit_s: float = REPLY_LIMIT_S) -> None:
        self._line = line
        self._limit_s = limit_s

    def send(self, data: bytes) -> None:
        """Sends all of `data`; what an emulator does not take because it has ended is lost."""
        try:
            self._line.sendall(data)
        except BrokenPipeError:
            return  # the next read finds the line closed, and its reader says so

    def receive(self, byte_count: int, limit_s: float | None = None) -> bytes:
        """The next bytes; fewer than `byte_count` if the line is closed, or silent until the limit (seconds)."""
        deadline = time.monotonic() + (self._limit_s if limit_s is None else limit_s)
        received = b""
        while len(received) < byte_count:
            readable, _, _ = select.select([self._line], [], [], max(0.0, deadline - time.monotonic()))
            chunk = self._chunk(byte_count - len(received)) if readable else b""
            if not chunk:
                break
            received += chunk
        return received

    def _chunk(self, byte_count: int) -> bytes:
        try:
            return self._line.recv(byte_count)
        except ConnectionResetError:
            return b""  # the emulator ended with bytes of ours unread: closed, like any other end

    def resynchronize(self) -> None:
        """Gets back into step as firmware/PROTOCOL.md says: is silent, drops what arrives meanwhile."""
        while self.receive(1, _SILENCE_S):
            pass


class PatientClient(Client):
    """A client on a line whose bytes come when the host finds time.

    The firmware counts its own time, which runs on while a busy host keeps the next byte back; it then answers TRUNCATED to a
    frame that was whole. That says nothing about the firmware, so such a request is repeated, up to `tries` times in all.
    """

    def __init__(self, line: SerialLine, tries: int) -> None:
        super().__init__(transport=line)
        self._line = line
        self._tries = tries

    def exchange(self, request: bytes) -> protocol.Frame:
        """As Client's. The reply to a frame that was cut short on purpose is not waited for again."""
        for left in reversed(range(self._tries if _is_whole(request) else 1)):
            frame = super().exchange(request)
            if frame.type != protocol.TYPE_ERROR or frame.payload[:1] != bytes([protocol.ErrorCode.TRUNCATED]):
                break
            self._line.resynchronize()
            if left:
                print(f"repeated, {left} tries left: {request[:16].hex()}")
        return frame


def _is_whole(request: bytes) -> bool:
    """Whether `request` has all the bytes that its prefix announces."""
    prefix = request[: protocol.PREFIX.size]
    return len(prefix) == protocol.PREFIX.size and len(request) >= (
        len(prefix) + protocol.PREFIX.unpack(prefix)[-1] + protocol.CRC_BYTES)


def await_boot(process: subprocess.Popen, line: SerialLine, name: str, limit_s: float = REPLY_LIMIT_S) -> None:
    """Returns when the firmware answers: what is sent before its UART is on is lost, so it is asked again.

    Raises:
        UserError: the emulator `name` ended, or the firmware did not answer in `limit_s` seconds.
    """
    deadline = time.monotonic() + limit_s
    while process.poll() is None and time.monotonic() < deadline:
        line.send(protocol.encode(protocol.Request.IDENTIFY))
        if line.receive(1, _PROBE_S):
            line.resynchronize()
            return
    if process.poll() is None:
        raise UserError(f"{name}: the firmware does not answer after its boot; got no byte in {limit_s:g} s, want its identity. "
                        "Fix: run bazel test //firmware/...")
    said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    raise UserError(f"{name}: ended before the firmware answered; got exit code {process.returncode}: {said or 'no message'}, "
                    "want a running emulator. Fix: correct its command line or the image")


def end(process: subprocess.Popen) -> None:
    """Ends the process, whatever it is doing."""
    process.kill()
    process.communicate()
