"""The line to an emulator and the patience with it, without an emulator."""

import socket
import threading
from collections.abc import Iterator

import pytest

from firmware import protocol
from firmware.client import ServiceError
from firmware.protocol import ErrorCode, Request, encode
from gates.environments import emulator

TRUNCATED = encode(protocol.TYPE_ERROR, bytes([ErrorCode.TRUNCATED, Request.CLASS_NAME]))
NAME = encode(Request.CLASS_NAME | protocol.REPLY, b"sag")


@pytest.fixture(name="ends")
def ends_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[emulator.SerialLine, socket.socket]]:
    monkeypatch.setattr(emulator, "_SILENCE_S", 0.02)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield emulator.SerialLine(ours, limit_s=0.2), theirs


def answering(firmware: socket.socket, request_bytes: int, replies: list[bytes]) -> threading.Thread:
    """A firmware that takes requests of that length and gives these replies, one after the other."""

    def answer() -> None:
        for reply in replies:
            firmware.recv(request_bytes, socket.MSG_WAITALL)
            firmware.sendall(reply)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_a_whole_request_that_the_host_delayed_is_repeated(ends, capsys) -> None:
    line, firmware = ends
    thread = answering(firmware, 8, [TRUNCATED, TRUNCATED + b"\xa5\x00", NAME])
    assert emulator.PatientClient(line, tries=3).class_name(1) == "sag"
    thread.join()
    assert capsys.readouterr().out.count("repeated") == 2


def test_patience_ends(ends) -> None:
    line, firmware = ends
    thread = answering(firmware, 8, [TRUNCATED] * 3)
    with pytest.raises(ServiceError, match="service: refused; got TRUNCATED, want a reply to CLASS_NAME"):
        emulator.PatientClient(line, tries=3).class_name(1)
    thread.join()


def test_a_request_that_was_cut_is_not_repeated(ends) -> None:
    line, firmware = ends
    thread = answering(firmware, 4, [TRUNCATED])
    frame = emulator.PatientClient(line, tries=3).exchange(encode(Request.CLASS_NAME, b"\1")[:4])
    thread.join()
    assert frame.payload == bytes([ErrorCode.TRUNCATED, Request.CLASS_NAME])
    firmware.settimeout(0.05)
    with pytest.raises(TimeoutError):
        firmware.recv(1)


def test_other_errors_are_not_repeated(ends) -> None:
    line, firmware = ends
    thread = answering(firmware, 8, [encode(protocol.TYPE_ERROR, bytes([ErrorCode.INDEX, Request.CLASS_NAME]))])
    with pytest.raises(ServiceError, match="got INDEX"):
        emulator.PatientClient(line, tries=3).class_name(1)
    thread.join()


def test_silence_and_a_closed_line_end_a_wait(ends) -> None:
    line, firmware = ends
    with pytest.raises(ServiceError, match="service: no reply to a5010201"):
        emulator.PatientClient(line, tries=3).class_name(1)
    firmware.close()
    assert line.receive(1) == b""
    line.send(b"lost")
