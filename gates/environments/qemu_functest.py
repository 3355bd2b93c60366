"""QEMU: faults are reported as on the simulator, and what does not run is named instead of waited for."""

import subprocess
from pathlib import Path

import pytest

from firmware import protocol
from firmware.client import ServiceError
from firmware.protocol import FaultCode
from firmware.testing.images import CLASSES, Order, window
from gates.environments import qemu
from gates.environments.emulator import PatientClient
from tools.errors import UserError

BOARD = "netduinoplus2"
IMAGE = Path("firmware/boards/netduinoplus2/echo.bin")
RESET_CLOCK_HZ = 16_000_000
TRIES = 10


def test_it_is_the_locked_one_and_needs_nothing_of_the_hosts() -> None:
    said = subprocess.run([qemu.program(), "--version"], env={"PATH": ""}, capture_output=True, text=True, check=True).stdout
    assert said.startswith("QEMU emulator version 7.2.")
    assert "qemu/bin" in str(qemu.program())


def test_the_test_network_runs_and_counts_its_calls() -> None:
    with qemu.running(IMAGE, BOARD) as line:
        client = PatientClient(line, TRIES)
        identity = client.identify()
        assert (identity.name, identity.classes, identity.clock_hz) == ("echo", CLASSES, RESET_CLOCK_HZ)
        assert identity.image_bytes == IMAGE.stat().st_size
        counts = [client.run(window(order=Order.COUNT_CALLS)) for _ in range(2)]
        assert [count.scores.tolist() for count in counts] == [[8, 1, 0], [9, 2, 0]], ".data, .bss, alignment"
        assert counts[0].cycles == 0, "QEMU has no DWT"


@pytest.mark.parametrize("order", [Order.UNDEFINED, Order.READ_NOWHERE, Order.OVERFLOW_STACK, Order.LOSE_STACK])
def test_a_fault_is_reported(order: Order) -> None:
    with qemu.running(IMAGE, BOARD) as line:
        with pytest.raises(ServiceError, match="service: the firmware has stopped; got HARD_FAULT at pc 0x") as caught:
            PatientClient(line, TRIES).run(window(order=order))
    fault = caught.value.fault
    assert fault is not None and fault.code == FaultCode.HARD_FAULT
    assert (fault.pc == 0xFFFFFFFF) == (order in (Order.OVERFLOW_STACK, Order.LOSE_STACK))


def test_noise_before_a_frame_is_skipped() -> None:
    noise = bytes(value for value in range(256) if value != protocol.SYNC)
    with qemu.running(IMAGE, BOARD) as line:
        line.send(noise)
        reply = PatientClient(line, TRIES).exchange(protocol.encode(protocol.Request.IDENTIFY))
    assert reply.type == protocol.Request.IDENTIFY | protocol.REPLY


def test_a_firmware_that_never_answers_is_ended(tmp_path: Path) -> None:
    image = tmp_path / "loop.bin"
    # Stack pointer, reset vector 0x08000008 in Thumb state, and there `b .`.
    image.write_bytes(bytes.fromhex("0004002009000008") + bytes.fromhex("fee7"))
    with pytest.raises(UserError, match="qemu: the firmware does not answer after its boot; got no byte in 2 s, want "):
        with qemu.running(image, BOARD, boot_limit_s=2):
            pass


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="qemu: ended before the firmware answered; got exit code 1: .*none.bin"):
        with qemu.running(tmp_path / "none.bin", BOARD):
            pass


def test_another_board_is_refused() -> None:
    with pytest.raises(UserError, match=r"qemu: does not emulate the board; got 'stm32l476', want one of \['netduinoplus2'\]"):
        with qemu.running(IMAGE, "stm32l476"):
            pass
