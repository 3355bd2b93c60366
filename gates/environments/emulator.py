"""An emulator as a process, and its serial line as a stream.

Purpose: what QEMU and Renode have in common. `SerialLine` has the read and write of StreamTransport (firmware/client.py);
`await_boot` gets into step with a firmware that may not have switched its UART on yet. Every wait has an end: firmware
times out by its own clock, and the limits here, which only end what hangs, are generous.
"""

import select
import socket
import subprocess
import time

from firmware import protocol
from tools.errors import UserError

REPLY_LIMIT_S = 60.0
_PROBE_S = 1.0
_SILENCE_S = 0.2


class SerialLine:
    """A connected socket at whose other end the emulated UART is."""

    def __init__(self, line: socket.socket, limit_s: float = REPLY_LIMIT_S) -> None:
        self._line = line
        self._limit_s = limit_s

    def write(self, data: bytes) -> None:
        """Sends all of `data`; what an emulator does not take because it has ended is lost."""
        try:
            self._line.sendall(data)
        except BrokenPipeError:
            return  # the next read finds the line closed, and its reader says so

    def read(self, byte_count: int, limit_s: float | None = None) -> bytes:
        """The next bytes; fewer than `byte_count` if the line is closed, or silent until the limit (seconds)."""
        deadline = time.monotonic() + (self._limit_s if limit_s is None else limit_s)
        received = b""
        while len(received) < byte_count:
            readable, _, _ = select.select([self._line], [], [], max(0.0, deadline - time.monotonic()))
            chunk = self._receive(byte_count - len(received)) if readable else b""
            if not chunk:
                break
            received += chunk
        return received

    def _receive(self, byte_count: int) -> bytes:
        try:
            return self._line.recv(byte_count)
        except ConnectionResetError:
            return b""  # the emulator ended with bytes of ours unread: closed, like any other end

    def drop(self) -> None:
        """Reads and drops what arrives until the line has been silent for a while."""
        while self.read(1, _SILENCE_S):
            pass


def await_boot(process: subprocess.Popen, line: SerialLine, name: str, limit_s: float = REPLY_LIMIT_S) -> None:
    """Returns when the firmware answers: what is sent before its UART is on is lost, so it is asked again.

    Raises:
        UserError: the emulator `name` ended, or the firmware did not answer in `limit_s` seconds.
    """
    deadline = time.monotonic() + limit_s
    while process.poll() is None and time.monotonic() < deadline:
        line.write(protocol.encode(protocol.Request.IDENTIFY))
        if line.read(1, _PROBE_S):
            line.drop()
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
