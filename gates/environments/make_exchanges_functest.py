"""The exchanges for Renode, played on the simulator: the very bytes that they expect come back."""

import json

import numpy as np

from firmware.client import MachineTransport
from firmware.testing.images import FOLDER, window
from gates.environments.answers import Answers
from gates.environments.make_exchanges import exchanges
from tools.sim.machine import Machine

IMAGE = (FOLDER / "echo.bin").read_bytes()
WINDOWS = np.stack([window(*scores) for scores in [(1, 2, 3), (9, -9, 9), (-1, 0, -2), (5, 6, 4)]])


def test_the_firmware_answers_as_they_say() -> None:
    made = exchanges(IMAGE, "stm32l476", Answers(WINDOWS, WINDOWS[:, :3]), 10)
    assert len(made) == len(WINDOWS)
    transport = MachineTransport(Machine(IMAGE, board="stm32l476"))
    for exchange in json.loads(json.dumps(made)):
        transport.send(bytes.fromhex(exchange["request"]))
        reply = transport.receive(5 + 4 + 2 + 3 + 2).hex()
        assert (reply[:10], reply[18:-4]) == (exchange["reply_prefix"], exchange["class_and_scores"])
        assert 20 < exchange["model_cycles"] < 1000


def test_fewer_windows_are_spread_over_all() -> None:
    made = exchanges(IMAGE, "stm32l476", Answers(WINDOWS, WINDOWS[:, :3]), 2)
    assert [bytes.fromhex(exchange["request"])[5:8] for exchange in made] == [b"\x01\x02\x03", b"\x05\x06\x04"]
