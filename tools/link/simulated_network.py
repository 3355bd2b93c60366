"""A linked network in the simulator: its outputs, its cycles by layer, its bytes.

Inputs: an ELF of network_elf.py and the plan (JSON text) of its network. Errors: SimError for a run that fails.
Non-goals: boards and their services; whole images are the business of gates/.
"""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from tools.errors import UserError
from tools.link.network_elf import NAME, ends
from tools.profile.layers import Profile, layers_of, profile_call
from tools.sim.machine import Machine

_BOARD = "stm32l4r5"
_INSTRUCTIONS = 100_000_000
_INSTRUCTIONS_PER_MAC = 50  # far above any kernel


class SimulatedNetwork:
    """`inputs` and `outputs` describe the buffers as the plan does, in order, each with its `symbol`."""

    def __init__(self, elf: bytes, plan: str) -> None:
        self._elf = elf
        self.plan = json.loads(plan)
        self.inputs, self.outputs = ends(self.plan, "input"), ends(self.plan, "output")
        self._limit = _INSTRUCTIONS + _INSTRUCTIONS_PER_MAC * self.plan["macs"]

    def run(self, inputs: Sequence[Sequence[np.ndarray]]) -> Iterator[list[np.ndarray]]:
        """The outputs, flat, for each of `inputs` (one array per input), run one after another without cycles."""
        machine = self._boot(None)
        for values in inputs:
            self._infer(machine, values)
            yield [np.frombuffer(machine.read(machine.symbols[end["symbol"]], end["bytes"]), end["type"])
                   for end in self.outputs]

    def stack_bytes(self, values: Sequence[np.ndarray]) -> int:
        """The stack that one inference takes."""
        machine = self._boot(None)
        self._infer(machine, values)
        return machine.stack_high_water_bytes(machine.symbols["_stack_top"], machine.symbols["_stack_bottom"])

    def profile(self, timing: str, values: Sequence[np.ndarray]) -> Profile:
        """The cycles of one inference, the first after reset, in the memory profile `timing`."""
        machine = self._boot(timing)
        return profile_call(machine, timing, f"{NAME}_run", layers_of(self.plan), lambda: self._infer(machine, values))

    def cycles(self, timing: str, values: Sequence[np.ndarray]) -> int:
        """The cycles of one inference, as of `profile`, with the harness's call, without their causes: much faster."""
        machine = self._boot(timing)
        before = machine.cycles
        self._infer(machine, values)
        return machine.cycles - before

    def _boot(self, timing: str | None) -> Machine:
        machine = Machine(self._elf, _BOARD, timing)
        self._succeed(machine, "prepare")
        return machine

    def _infer(self, machine: Machine, values: Sequence[np.ndarray]) -> None:
        for end, value in zip(self.inputs, values, strict=True):
            machine.write(machine.symbols[end["symbol"]], np.ascontiguousarray(value, end["type"]).tobytes())
        self._succeed(machine, "infer")

    def _succeed(self, machine: Machine, function: str) -> None:
        status = machine.call(function, max_instructions=self._limit)
        if status:
            raise UserError(f"network: {function} failed; got status {status - (1 << 32)}, want 0. Fix: link kernels that take "
                            "what the compiler passes")
