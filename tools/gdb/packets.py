"""GDB's remote serial protocol: packets over a stream.

Source: GDB manual, appendix E.1 (overview) and E.2 (packets). `$data#checksum`, acknowledged by `+` until the debugger asks for
no acknowledgements; 0x03 outside of a packet is Ctrl-C. Non-goals: what packets mean (stub.py), run-length encoding.
"""

import select
import socket

INTERRUPT = "\x03"
_ESCAPE, _ESCAPE_MASK = 0x7D, 0x20
_PACKET_BYTES_MAX = 1 << 16


class Disconnected(Exception):
    """The debugger closed the connection."""


class Connection:
    """Packets to and from the debugger behind `stream`. Attribute `acknowledges`: whether packets are still acknowledged."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._received = bytearray()
        self.acknowledges = True

    def receive(self) -> str:
        """The next packet's data, or INTERRUPT. A packet with a wrong checksum is refused, and sent again by the debugger.

        Raises:
            Disconnected: there is no more.
        """
        while True:
            first = self._byte()
            if first == ord(INTERRUPT):
                return INTERRUPT
            if first != ord("$"):  # an acknowledgement, or noise between packets
                continue
            data = self._until_hash()
            right = int(bytes([self._byte(), self._byte()]), 16) == sum(data) % 256
            if self.acknowledges:
                self._stream.sendall(b"+" if right else b"-")
            if right:
                return _unescaped(data).decode("latin-1")

    def send(self, data: str) -> None:
        """Sends a packet; `data` has characters up to 0xff."""
        body = data.encode("latin-1")
        self._stream.sendall(b"$" + body + f"#{sum(body) % 256:02x}".encode())

    def interrupted(self) -> bool:
        """Whether Ctrl-C has come in, without waiting; takes it. Disconnected if the debugger has gone."""
        while select.select([self._stream], [], [], 0)[0]:
            self._fill()
        position = self._received.find(INTERRUPT.encode())
        if position >= 0:
            del self._received[: position + 1]
        return position >= 0

    def _byte(self) -> int:
        while not self._received:
            self._fill()
        return self._received.pop(0)

    def _until_hash(self) -> bytes:
        data = bytearray()
        while (byte := self._byte()) != ord("#"):
            data.append(byte)
            if len(data) > _PACKET_BYTES_MAX:
                raise Disconnected
        return bytes(data)

    def _fill(self) -> None:
        try:
            received = self._stream.recv(4096)
        except ConnectionError as error:
            raise Disconnected from error
        if not received:
            raise Disconnected
        self._received += received


def _unescaped(data: bytes) -> bytes:
    result, escaped = bytearray(), False
    for byte in data:
        if escaped or byte != _ESCAPE:
            result.append(byte ^ _ESCAPE_MASK if escaped else byte)
        escaped = byte == _ESCAPE and not escaped
    return bytes(result)
