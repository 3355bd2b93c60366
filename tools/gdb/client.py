"""A debugger in miniature, for the tests: sends packets, checks what comes back."""

import socket


class Client:
    """Packets to the stub behind `stream`. Attribute `console`: what the stub said to the user."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._acknowledges = True
        self.console = ""

    def ask(self, packet: str) -> str:
        """Sends a packet; returns the reply."""
        self.send(packet)
        return self.reply()

    def send(self, packet: str) -> None:
        """Sends a packet and takes its acknowledgement."""
        body = packet.encode("latin-1")
        self.send_raw(b"$" + body + f"#{sum(body) % 256:02x}".encode())
        if self._acknowledges:
            assert self.byte() == b"+"

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self._stream.sendall(data)

    def reply(self) -> str:
        """The next packet that is no output for the user; checks its checksum."""
        while True:
            while self.byte() != b"$":
                pass
            data = b""
            while (byte := self.byte()) != b"#":
                data += byte
            assert int(self.byte() + self.byte(), 16) == sum(data) % 256
            if self._acknowledges:
                self._stream.sendall(b"+")
            if not data.startswith(b"O") or data == b"OK":
                return data.decode("latin-1")
            self.console += bytes.fromhex(data[1:].decode()).decode()

    def stop_acknowledging(self) -> None:
        """Asks for a stream without acknowledgements."""
        assert self.ask("QStartNoAckMode") == "OK"
        self._acknowledges = False

    def register(self, number: int) -> int:
        """One register."""
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def byte(self) -> bytes:
        """The next byte as it came; fails if the stub is silent for long."""
        byte = self._stream.recv(1)
        assert byte, "the stub closed the connection"
        return byte
