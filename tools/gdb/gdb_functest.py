"""The stub under a small client, on the firmware's test image: attach, break, step, look, change, interrupt, fault, detach."""

import socket
import threading
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from firmware.testing import images
from tools.errors import UserError
from tools.gdb.client import Client
from tools.gdb.server import listen, make_target, serve
from tools.gdb.target import REGISTERS
from tools.sim.symbols import read_symbols
from tools.trace.subject import Subject

ELF = (images.FOLDER / "echo.elf").read_bytes()
SYMBOLS = read_symbols(ELF)
ENTRY = SYMBOLS["echo_run"]
PC, LR, XPSR = 15, 14, 16
THUMB = 1 << 24


def _subject(order: int = 0) -> Subject:
    """Echo and a window that gives it `order`."""
    quantized = np.zeros(images.INPUT_BYTES)
    quantized[-1] = order
    window = ((quantized + 3) * 0.5).astype(np.float32)
    return Subject((images.FOLDER / "echo.bin").read_bytes(), ELF, "stm32l476", window)


@pytest.fixture(name="attach")
def _attach():
    """Starts a server for one debugger on an image that gets `order`, and attaches a client to it."""
    opened, threads = [], []

    def attach(order: int = 0) -> Client:
        listener = listen(0)
        target = make_target(_subject(order))
        threads.append(threading.Thread(target=serve, args=(listener, lambda: target, 1)))
        threads[-1].start()
        opened.extend([listener, socket.create_connection(listener.getsockname(), timeout=20)])
        return Client(opened[-1])

    yield attach
    for end in reversed(opened):
        end.close()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def test_what_gdb_asks_first(attach):
    client = attach()
    assert "PacketSize=1000" in client.ask("qSupported:multiprocess+;swbreak+")
    client.stop_acknowledging()
    assert (client.ask("?"), client.ask("qAttached"), client.ask("Hg0")) == ("S05", "1", "OK")
    assert client.ask("vMustReplyEmpty") == client.ask("jSomethingNew") == ""
    assert client.register(PC) == SYMBOLS["reset_handler"]


def test_the_target_description_lists_the_registers_of_g(attach):
    client = attach()
    text, offset = "", 0
    while True:
        part = client.ask(f"qXfer:features:read:target.xml:{offset:x},40")
        text, offset = text + part[1:], offset + 0x40
        if part[0] == "l":
            break
    feature = ElementTree.fromstring(text).find("feature")
    assert feature.get("name") == "org.gnu.gdb.arm.m-profile"
    assert tuple(register.get("name") for register in feature) == REGISTERS
    assert len(client.ask("g")) == 8 * len(REGISTERS)


def test_break_in_the_inference_step_and_meet_it_again(attach):
    client = attach()
    assert client.ask(f"Z0,{ENTRY:x},2") == "OK"
    assert client.ask("vCont;c") == "S05" and client.register(PC) == ENTRY
    assert client.register(XPSR) & THUMB
    assert SYMBOLS.function_at(client.register(LR) & ~1).name == "service_answer"
    places = []
    for _ in range(5):
        assert client.ask("vCont;s:1") == "S05"
        places.append(client.register(PC))
    assert len(set(places)) == 5 and all(SYMBOLS.function_at(place) for place in places)
    assert client.ask("c") == "S05" and client.register(PC) == ENTRY  # the next request
    assert client.ask(f"z0,{ENTRY:x},2") == "OK"


def test_two_breakpoints_are_met_in_turn(attach):
    client = attach()
    sender = SYMBOLS["frame_begin"]
    assert client.ask(f"Z0,{ENTRY:x},2") == client.ask(f"Z1,{sender:x},2") == "OK"
    places = []
    for _ in range(4):
        assert client.ask("c") == "S05"
        places.append(client.register(PC))
    assert places == [ENTRY, sender, ENTRY, sender]
    assert client.ask("Z2,20000000,4") == ""  # watchpoints are not supported


def test_registers_and_memory_are_changed(attach):
    client = attach()
    assert client.ask("P3=78563412") == "OK" and client.register(3) == 0x12345678
    words = bytearray.fromhex(client.ask("g"))
    words[0:4] = b"\x01\x02\x03\x04"
    assert client.ask("G" + words.hex()) == "OK" and client.ask("g") == words.hex()
    assert client.ask("M20000200,4:deadbeef") == "OK" and client.ask("m20000200,4") == "deadbeef"
    assert client.ask("X20000204,2:}\x03\x7f") == "OK" and client.ask("m20000204,2") == "237f"
    assert client.ask("m8000000,4") == (images.FOLDER / "echo.bin").read_bytes()[:4].hex()


@pytest.mark.parametrize(
    "packet", ["m90000000,4", "M90000000,1:00", "me000ed00,4", "M20000000,4:00", "p40", "P40=00000000", "Gffff", "mzz,4", "Z0"],
)  # fmt: skip
def test_what_cannot_be_done_is_an_error(attach, packet):
    assert attach().ask(packet) == "E01"


def test_memory_is_read_up_to_its_end(attach):
    assert len(attach().ask("m20017ffe,10")) == 4


def test_a_packet_with_a_wrong_checksum_is_refused(attach):
    client = attach()
    client.send_raw(b"$g#00")
    assert client.byte() == b"-"
    assert client.ask("?") == "S05"


def test_control_c_ends_a_run(attach):
    client = attach()
    client.send("vCont;c")
    time.sleep(0.2)
    client.send_raw(b"\x03")
    assert client.reply() == "S02" and SYMBOLS.function_at(client.register(PC))


@pytest.mark.parametrize(
    "order, stop, text",
    [
        (images.Order.UNDEFINED, "S04", "undefined instruction at "),
        (images.Order.READ_NOWHERE, "S0b", "bus fault at "),
    ],
)
def test_a_fault_stops_in_its_handler_and_is_named(attach, order, stop, text):
    client = attach(order)
    assert client.ask("c") == stop
    assert text in client.console and "echo_run" in client.console
    assert client.register(PC) == SYMBOLS["fault_handler"] and client.register(XPSR) & 0x1FF


def test_monitor_reset_goes_back_to_the_start(attach):
    client = attach()
    start = client.register(PC)
    assert client.ask(f"Z0,{ENTRY:x},2") == "OK" and client.ask("c") == "S05"
    assert client.ask("qRcmd," + b"reset".hex()) == "OK" and client.register(PC) == start
    assert b"reset" in bytes.fromhex(client.ask("qRcmd," + b"help".hex()))


def test_detaching_ends_the_session(attach):
    assert attach().ask("D") == "OK"


def test_a_port_that_is_taken_is_named():
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"gdb: cannot listen on port {port}; got .*, want a free port. Fix: "):
            listen(port)
