"""The image under judgement: booted in the simulator, asked over its service.

Purpose: what every gate that runs windows needs: boot, check that it is the network of the plan, classify.
Inputs: the bytes that ship, and the plan. Outputs: scores, classes, cycles. Errors: what stops the image is named with address,
symbol and layer. Non-goals: judging the outputs.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmware.client import Client, MachineTransport, Result
from firmware.protocol import REPLY, Frame, Identity, Request, encode
from firmware.windows import quantize
from tools.errors import UserError
from tools.profile.failure import RunningLayer, explained, instruction_limit
from tools.profile.layers import Layer, read_layers
from tools.sim.machine import Machine


@dataclass(frozen=True)
class Plan:
    """What the compiler says about the network; scales in natural units per step.

    Attributes:
        name, classes: as in the spec.
        input_bytes: size of a window.
        input_scale, input_zero_point: its quantisation.
        layers: in the order in which they run.
    """

    name: str
    classes: tuple[str, ...]
    input_bytes: int
    input_scale: float
    input_zero_point: int
    layers: tuple[Layer, ...] = ()

    def quantize(self, x: np.ndarray) -> np.ndarray:
        """int8 windows, of the shape of `x` (float32, natural units); see firmware/windows.py."""
        return quantize(x, self.input_scale, self.input_zero_point)

    @property
    def physical_range(self) -> tuple[float, float]:
        """Lowest and highest input in natural units; beyond, the quantised input saturates."""
        return (-128 - self.input_zero_point) * self.input_scale, (127 - self.input_zero_point) * self.input_scale

    @property
    def instruction_limit(self) -> int:
        """How many instructions an inference may take; see tools/profile/failure.py."""
        return instruction_limit(self.layers)


def read_plan(path: str) -> Plan:
    """The plan in the compiler's JSON.

    Raises:
        UserError: no such file, no JSON, or a figure is missing.
    """
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8"))
        window = plan["input"]
        return Plan(plan["name"], tuple(plan["classes"]), window["bytes"], window["scale"], window["zero_point"],
                    read_layers(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{Path(path).name}: is not a plan; got {type(error).__name__}: {error}, want the JSON of "
                        "//cmsis/compiler:compile. Fix: compile the model again") from error


@dataclass(frozen=True)
class Answers:
    """What the firmware said to N windows: scores int8 [N, classes], classes int64 [N], cycles int64 [N]."""

    scores: np.ndarray
    classes: np.ndarray
    cycles: np.ndarray


class BootedImage:
    """A booted image.

    Attributes: `machine`, the simulator; `transport` and `client`, the way to its service; `identity`, what it said.
    """

    def __init__(self, image: bytes, plan: Plan, board: str, timing: str | None = None, elf: bytes | None = None,
                 transport: Callable[[Machine], MachineTransport] | None = None) -> None:
        """Boots `image` from its reset vector and asks who it is.

        Args:
            image: the .bin.
            plan: the network that it should hold.
            board: the simulator's name of the target.
            timing: None (functional, fast) or a profile of the cycle model.
            elf: gives addresses their names, and with the plan the layers theirs; not run.
            transport: how the client reaches the machine; by default directly, with the plan's limit of instructions.

        Raises:
            UserError: it doesn't boot, doesn't answer, or is another network.
        """
        self.machine = Machine(image, board=board, timing=timing, elf=elf)
        self.machine.place = RunningLayer(self.machine, f"{plan.name}_run", plan.layers)
        self.transport = transport(self.machine) if transport else MachineTransport(self.machine, plan.instruction_limit)
        self.client = Client(transport=self.transport)
        with explained(self.machine, "does not answer after its boot", "its identity"):
            self.identity: Identity = self.client.identify()
        self._expect("name", self.identity.name, plan.name)
        self._expect("classes", self.identity.classes, plan.classes)
        self._expect("input bytes", self.identity.input_bytes, plan.input_bytes)
        self._expect("input zero point", self.identity.input_zero_point, plan.input_zero_point)
        self._expect("input scale", np.float32(self.identity.input_scale), np.float32(plan.input_scale))

    def classify(self, windows: np.ndarray) -> Answers:
        """Runs every window, int8 [N, ...].

        Raises:
            UserError: a window was refused, or the firmware stopped; the message names the window.
        """
        results = [self._run(number, window) for number, window in enumerate(windows)]
        scores = np.array([result.scores for result in results], np.int8)
        return Answers(scores.reshape(len(results), len(self.identity.classes)),
                       np.array([result.class_index for result in results], np.int64),
                       np.array([result.cycles for result in results], np.int64))

    @property
    def has_detector(self) -> bool:
        """Whether the image holds the streaming detector; begins it anew."""
        return self.exchange(encode(Request.STREAM)).type == Request.STREAM | REPLY

    def exchange(self, request: bytes) -> Frame:
        """The frame that answers `request`, of whatever type it is; UserError if none comes."""
        with explained(self.machine, "did not answer a frame", "a reply"):
            return self.client.exchange(request)

    def _run(self, number: int, window: np.ndarray) -> Result:
        with explained(self.machine, f"window {number} was not classified", "scores"):
            return self.client.run(window)

    @staticmethod
    def _expect(what: str, got: Any, want: Any) -> None:
        if got != want:
            raise UserError(f"image: is not the network of the plan; got {what} {got}, want {want}. "
                            "Fix: build image and plan from one model")


def read_image(path: str) -> bytes:
    """The bytes of an image; UserError if there are none."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{Path(path).name}: cannot be read; got {error.strerror}, want an image. "
                        "Fix: build the firmware") from error
