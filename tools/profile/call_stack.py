"""Follows calls and returns through executed blocks, and names the layer that each belongs to.

Purpose: every block gets a path: the inference's function, the layer, then the functions below it. A layer is the next call
of its kernel out of the inference, in the order of the plan, so that two layers with one kernel are told apart.
Non-goals: cycles; recursion, which kernels don't have.
"""

from dataclasses import dataclass

from tools.errors import UserError
from tools.sim.symbols import SymbolTable
from tools.sim.timing.recorder import Run
from tools.trace.call import CALLS, address_of

Path = tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """A layer's name and its kernel's symbol."""

    layer: str
    symbol: str


@dataclass(frozen=True)
class _Frame:
    """A called function; `return_address` is None in the inference's own frame."""

    label: str
    entry: int
    return_address: int | None


class CallStack:
    """The stack during one call of `function`; `path` says where execution is."""

    def __init__(self, symbols: SymbolTable, function: str, kernels: tuple[Kernel, ...]) -> None:
        """UserError if the image lacks the function or a kernel."""
        self._symbols = symbols
        self._frames = [_Frame(function, address_of(symbols, function), None)]
        self._kernels = kernels
        self._called = 0
        for kernel in kernels:
            if kernel.symbol not in symbols:
                raise UserError(f"{kernel.layer}: the ELF has no symbol {kernel.symbol}; got none, want the layer's kernel. "
                                "Fix: build image and plan from one model, without link-time optimisation")
        self.path: Path = (function,)

    def follow(self, run: Run) -> None:
        """Goes where `run` went."""
        target, last = run.next_address, run.executed[-1].op
        if target == self._frames[-1].return_address:
            while self._frames[-1].return_address == target:
                self._frames.pop()
        elif last.name in CALLS and target != last.end:
            self._push(target, last.end)
        elif last.branch_cycles is not None and target != last.end and self._is_tail_call(target):
            # The other function returns to where this one would. The frames of the inference and of its layer stay.
            return_address = self._frames[-1].return_address
            if len(self._frames) > 2:
                self._frames.pop()
            self._push(target, return_address)
        else:
            return
        self.path = tuple(frame.label for frame in self._frames)

    def require_all_layers(self) -> None:
        """UserError if a layer was not met: its cycles would count as another's."""
        if self._called < len(self._kernels):
            kernel = self._kernels[self._called]
            raise UserError(f"{kernel.layer}: its kernel was not called in turn; got {self._called} of {len(self._kernels)} "
                            f"layers, want {kernel.symbol} next. Fix: build image and plan from one model")

    def _push(self, entry: int, return_address: int | None) -> None:
        function = self._symbols.function_at(entry)
        label = function.name if function else f"{entry:#010x}"
        if len(self._frames) == 1 and self._called < len(self._kernels):
            kernel = self._kernels[self._called]
            if self._symbols[kernel.symbol] == entry:
                self._called += 1
                label = kernel.layer
        self._frames.append(_Frame(label, entry, return_address))

    def _is_tail_call(self, target: int) -> bool:
        """Whether a jump to `target` begins another function."""
        function = self._symbols.function_at(target)
        return function is not None and function.address == target and target != self._frames[-1].entry
