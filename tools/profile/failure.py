"""Where a run failed: address, symbol and the layer of the network.

Purpose: `RunningLayer` tells the layer from the registers and the stack of a machine that has stopped, so that a run costs
nothing until it fails; `explained` says what made a request fail, of which the firmware itself knows the address alone.
Method: the inference calls its layers' kernels one after another, so the return address that lies on the stack, or in LR while
a kernel has not put it there, says which. Source of the branches' encodings: ARMv7-M ARM (DDI0403E), A7.7.12 (B), A7.7.18 (BL).
Non-goals: faults in what an interrupt's handler calls on the inference's behalf; executables with link-time optimisation.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from firmware.client import ServiceError
from tools.errors import UserError
from tools.profile.layers import Layer
from tools.sim.core import RETURN_PAD
from tools.sim.errors import SimError
from tools.sim.machine import Machine

# An inference may take this many instructions before it counts as one that does not end: plain C code of a layer takes
# about 20 for a multiply-accumulate; the constant part is for layers without any.
_INSTRUCTIONS_PER_MAC_MAX, _INSTRUCTIONS_MAX = 64, 20_000_000
_SP, _LR = 13, 14
_BRANCH_BYTES = 4


@dataclass(frozen=True)
class _Branch:
    """A 32-bit BL (`links`) or B."""

    address: int
    target: int
    links: bool

    @property
    def return_address(self) -> int:
        """As a link register has it, with the Thumb bit."""
        return self.address + _BRANCH_BYTES | 1


class RunningLayer:
    """Called, gives `layer conv1`, or `` where the machine is in none; to be a Machine's `place`."""

    def __init__(self, machine: Machine, function: str, layers: tuple[Layer, ...]) -> None:
        """`function`: the inference; without its symbol or a layer's kernel, no layer is known."""
        self._machine = machine
        self._entry = machine.symbols[function] if function in machine.symbols else None
        self._calls = tuple(self._layer_calls(layers))

    def __call__(self) -> str:
        name = self._layer()
        return f"layer {name}" if name else ""

    def _layer(self) -> str | None:
        """The layer, if a return into the caller of the inference shows that the inference is under way."""
        by_return_address = {call.return_address: layer for call, layer in self._calls if call.links}
        found = None
        for word in self._possible_return_addresses():
            found = found or by_return_address.get(word)
            if self._leaves_inference(word):
                return self._prepared_layer() if self._is_inference(self._machine.pc) else found or self._jumped_to_layer()
        return None

    def _layer_calls(self, layers: tuple[Layer, ...]) -> Iterator[tuple[_Branch, str]]:
        """The calls in the inference's code, each with its layer: the next call of its kernel, in the order of the plan."""
        symbols, waiting = self._machine.symbols, list(layers)
        inference = None if self._entry is None else symbols.function_at(self._entry)
        for address in range(inference.address, inference.address + inference.size_bytes, 2) if inference else ():
            branch = self._branch_at(address)
            if branch and waiting and waiting[0].kernel in symbols and branch.target == symbols[waiting[0].kernel]:
                yield branch, waiting.pop(0).name

    def _possible_return_addresses(self) -> Iterator[int]:
        """LR, then what lies on the stack, the innermost first; an overflown stack from its end on."""
        machine, board = self._machine, self._machine.board
        yield machine.register(_LR)
        (top,) = struct.unpack("<I", machine.read(board.flash.base, 4))
        memory, sp = board.memory_at(top - 1), machine.register(_SP) & ~3
        if memory is None or sp > top or board.memory_at(sp) not in (memory, None):
            return
        bottom = max(sp, memory.base)
        yield from (word for (word,) in struct.iter_unpack("<I", machine.read(bottom, (top - bottom) & ~3)))

    def _leaves_inference(self, word: int) -> bool:
        """Whether `word` is where the inference returns to: behind a call of it, or outside of the firmware (Machine.call)."""
        branch = self._branch_at(word - _BRANCH_BYTES - 1) if word & 1 else None
        return word & ~1 == RETURN_PAD or branch is not None and branch.links and branch.target == self._entry

    def _is_inference(self, pc: int) -> bool:
        function = self._machine.symbols.function_at(pc)
        return function is not None and function.address == self._entry

    def _prepared_layer(self) -> str | None:
        """The layer whose arguments the inference itself is about to compute."""
        return next((layer for call, layer in self._calls if call.address >= self._machine.pc), None)

    def _jumped_to_layer(self) -> str | None:
        """The last layer, if the inference does not call its kernel but ends in a jump to it."""
        return self._calls[-1][1] if self._calls and not self._calls[-1][0].links else None

    def _branch_at(self, address: int) -> _Branch | None:
        """The 32-bit branch at `address`, if there is one."""
        board = self._machine.board
        if board.memory_at(address) is None or board.memory_at(address + _BRANCH_BYTES - 1) is None:
            return None
        first, second = struct.unpack("<HH", self._machine.read(address, _BRANCH_BYTES))
        if first >> 11 != 0b11110 or second & 0x9000 != 0x9000:
            return None
        sign = first >> 10 & 1
        high = [~(second >> bit ^ sign) & 1 for bit in (13, 11)]
        offset = (-sign << 24) + (high[0] << 23 | high[1] << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1)
        return _Branch(address, address + _BRANCH_BYTES + offset & 0xFFFFFFFF, links=bool(second & 0x4000))


def instruction_limit(layers: tuple[Layer, ...]) -> int:
    """How many instructions an inference of these layers may take before it is taken for a runaway loop."""
    return _INSTRUCTIONS_MAX + _INSTRUCTIONS_PER_MAC_MAX * sum(layer.macs for layer in layers)


@contextmanager
def explained(machine: Machine, fact: str, wanted: str) -> Iterator[None]:
    """Turns what stops the firmware on `machine` meanwhile into a UserError that says where: address, symbol and layer."""
    try:
        yield
    except (ServiceError, SimError) as error:
        raise UserError(f"image: {fact}; got {_cause(machine, error)}, want {wanted}. "
                        "Fix: run bazel test //firmware/... //cmsis/...") from error


def _cause(machine: Machine, error: ServiceError | SimError) -> str:
    """The simulator's own error; what the firmware refused; the fault that stopped it; or where it stands without a reply."""
    if isinstance(error, SimError) or error.code is not None:
        return str(error)
    if machine.faults:
        return machine.describe(machine.faults[-1])
    return f"{error}; stopped at {machine.where()}"
