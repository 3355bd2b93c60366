"""Addresses of a basic block's data accesses, as functions of the registers at its entry.

Purpose: the cost of an access depends on its memory and alignment. Hooking every access is slow and, in IT blocks, wrong
(Unicorn 2.1.4 corrupts flags), so the block is executed symbolically once: every address becomes a Python expression in
the entry registers `r[0..14]` and in words of memory `m(address)`. Words are read at block entry; that a store of the
same block changes a pointer that the block then follows is ignored, and so are writes under a condition.
Non-goals: flags, values; an address that is no sum of known terms is None (counted by the timer as an assumption).
"""

import re
from collections.abc import Callable, Sequence

from tools.sim.timing.op import PC, Op

_LONGEST = 240
_REGISTER = re.compile(r"r\[(\d+)\]")
_LOAD = re.compile(r"m\([^()]*\)?")
_STACK_LOAD = re.compile(r"m\(r\[13\](?:[+-]\d+)*\)")
_ASCENDING = {"ldm", "stm", "pop", "vldmia", "vstmia", "vpop"}
Expression = str | None


class Symbolic:
    """Register contents as expressions, followed through `step` for each instruction of a block."""

    def __init__(self) -> None:
        self._registers: dict[int, Expression] = {n: f"r[{n}]" for n in range(15)}

    def address(self, op: Op) -> Expression:
        """The lowest address that `op` accesses, before it executes."""
        access = op.access
        if access.base == PC:
            return _sum(str(op.address + 4 & ~3), self._scaled(access.index, access.shift), access.offset)
        offset = 0 if access.post_indexed else access.offset
        return _sum(self._registers.get(access.base), self._scaled(access.index, access.shift), offset)

    def step(self, op: Op) -> None:
        """Executes `op`."""
        address = self.address(op) if op.access else None
        result = None if op.condition is not None else _result(op, self._registers)
        for register in op.writes:
            self._registers[register] = None
        if op.access is None:
            if len(op.writes) == 1 and result is not None:
                (target,) = op.writes
                self._registers[target] = _shortened(result)
            return
        if op.name == "ldr" and op.condition is None and address is not None and op.destination is not None:
            self._registers[op.destination] = _shortened(f"m({address})")
        if op.access.writeback and address is not None:
            self._registers[op.access.base] = _shortened(_written_back(op, address))

    def keeps_memories(self, expressions: Sequence[str], stores_on_stack: bool) -> bool:
        """Whether a block that follows itself accesses the same memories, equally aligned, again.

        True if every register in `expressions` is unchanged by the block or moved by a multiple of 4, and words that they
        read are on the stack and not stored by the block. (A pointer does not step from one memory into another.)
        """
        for expression in expressions:
            loads, used = _LOAD.findall(expression), {int(n) for n in _REGISTER.findall(expression)}
            if any(not _STACK_LOAD.fullmatch(load) for load in loads) or (loads and stores_on_stack):
                return False
            if not all(self._moved_by_words(register) for register in used):
                return False
        return True

    def _moved_by_words(self, register: int) -> bool:
        step = re.fullmatch(rf"r\[{register}\]((?:[+-]\d+)*)", self._registers[register] or "")
        return step is not None and eval(step[1] or "0") % 4 == 0  # noqa: S307 - matched by the pattern above

    def _scaled(self, index: int | None, shift: int) -> Expression:
        if index is None:
            return "0"
        value = self._registers.get(index)
        return value if value is None or shift == 0 else f"({value}<<{shift})"


def compile_addresses(expressions: Sequence[str], masks: Sequence[int]) -> Callable:
    """A function of (r, m) that returns the tuple of all addresses, each masked with its mask."""
    body = "".join(f"({expression})&{mask}," for expression, mask in zip(expressions, masks, strict=True))
    return eval(f"lambda r, m: ({body})")  # noqa: S307 - the text is made of our own terms only


def _sum(base: Expression, index: Expression, offset: int) -> Expression:
    if base is None or index is None:
        return None
    terms = [base] if index == "0" else [base, index]
    return "+".join(terms) + (f"{offset:+d}" if offset else "")


def _written_back(op: Op, address: str) -> str:
    if op.access.post_indexed:
        return f"{address}{op.access.offset:+d}"
    if op.name in _ASCENDING:
        return f"{address}+{op.access.words * op.access.width_bytes}"
    return address


def _shortened(expression: str) -> Expression:
    return expression if len(expression) <= _LONGEST else None


def _result(op: Op, registers: dict[int, Expression]) -> Expression:
    """The value that a data-processing instruction writes, if it is a sum, a move or a shift to the left."""
    if op.terms is None:
        return None
    parts = []
    for term in op.terms:
        value = str(term.constant) if term.register is None else registers.get(term.register)
        if value is None:
            return None
        parts.append(f"{term.sign}({value}<<{term.shift})" if term.shift else f"{term.sign}({value})")
    return "".join(parts)
