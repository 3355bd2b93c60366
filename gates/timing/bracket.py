"""The simulator's own stopwatch around an inference, to hold the firmware's counter against.

Purpose: stops the machine at the entry of `<name>_run` and at its return, and keeps the cycles between the two.
Inputs: a timed machine with symbols. Non-goals: the cycle model; see tools/sim/timing.
"""

from firmware.client import MachineTransport
from tools.errors import UserError
from tools.sim.machine import DEFAULT_MAX_INSTRUCTIONS, Machine
from tools.sim.stop import StopReason

_LINK_REGISTER = 14


class Bracket(MachineTransport):
    """A transport that times the next call of one function after each request.

    Attributes:
        cycles: between entry and return of the latest call; None when the latest request made none.
    """

    def __init__(self, machine: Machine, function: str, max_instructions: int = DEFAULT_MAX_INSTRUCTIONS) -> None:
        """`function`: a symbol of the machine's ELF; UserError if it has no such symbol."""
        super().__init__(machine, max_instructions)
        if function not in machine.symbols:
            raise UserError(f"timing: the ELF has no symbol {function}; got none, want the inference. "
                            "Fix: link without link-time optimisation, and don't strip the ELF")
        self._machine = machine
        self._entry = machine.symbols[function]
        self.cycles: int | None = None

    def send(self, data: bytes) -> None:
        super().send(data)
        self.cycles = None
        if self._machine.run(self._max_instructions, until=self._entry) is not StopReason.UNTIL:
            return
        start = self._machine.cycles
        return_address = self._machine.register(_LINK_REGISTER)
        if self._machine.run(self._max_instructions, until=return_address) is StopReason.UNTIL:
            self.cycles = self._machine.cycles - start
