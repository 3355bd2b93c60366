"""Addresses of a basic block's data accesses, as functions of the registers at its entry.

Purpose: the cost of an access depends on its memory and alignment. Hooking every access is slow and, in IT blocks, wrong
(Unicorn 2.1.4 corrupts flags), so the block is executed symbolically once: every address becomes a sum of entry registers
`r[0..14]`, of words of memory at block entry, and of constants. A word on the stack that the block stores and loads again is
followed; stores through other pointers are taken not to change a pointer that the block then loads.
Non-goals: flags, products; an address that is no sum of known terms is None (counted by the timer as an assumption).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.sim.timing.op import PC, SP, Kind, Op

_LONGEST = 240
_REGISTER, _WORD = re.compile(r"r\[(\d+)\]"), re.compile(r"w\d+")
_ASCENDING = {"ldm", "stm", "pop", "push", "vldmia", "vstmia", "vpop"}
_WORD_STORES, _WORD_LOADS = {"str"}, {"ldr"}


@dataclass(frozen=True, slots=True)
class Value:
    """`terms`, Python text that is "" for a constant, plus `offset`."""

    terms: str
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.terms}{self.offset:+d}" if self.offset or not self.terms else self.terms

    def plus(self, offset: int) -> "Value":
        """This value and a constant more."""
        return Value(self.terms, self.offset + offset)

    def shifted(self, bits: int) -> "Value":
        """This value times 2 ** bits."""
        return Value(f"(({self.terms})<<{bits})" if self.terms and bits else self.terms, self.offset << bits)

    def negated(self) -> "Value":
        """0 minus this value."""
        return Value(f"-({self.terms})" if self.terms else "", -self.offset)

    @property
    def is_on_stack(self) -> bool:
        """Whether it is the stack pointer at entry plus a constant."""
        return self.terms == f"r[{SP}]"


def add(first: Value | None, second: Value | None) -> Value | None:
    """The sum; None if a part is unknown, or the text becomes too long."""
    if first is None or second is None:
        return None
    terms = "+".join(terms for terms in (first.terms, second.terms) if terms)
    return Value(terms, first.offset + second.offset) if len(terms) <= _LONGEST else None


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """`function(values, read_word)` gives addresses from the values of `registers`, in that order."""

    registers: tuple[int, ...]
    function: Callable[[Sequence[int], Callable[[int], int]], tuple[int, ...]]


class Symbolic:
    """Register contents as values, followed through `step` for each instruction of a block."""

    def __init__(self) -> None:
        self._registers: dict[int, Value | None] = {n: Value(f"r[{n}]") for n in range(15)}
        self._words: dict[str, str] = {}  # names of loaded words by the text of their address
        self._stored: dict[int, Value | None] = {}  # words on the stack by their offset from the stack pointer at entry

    def address(self, op: Op) -> Value | None:
        """The lowest address that `op` accesses, before it executes."""
        access = op.access
        base = Value("", op.address + 4 & ~3) if access.base == PC else self._registers.get(access.base)
        index = Value("") if access.index is None else self._registers.get(access.index)
        total = add(base, index and index.shifted(access.shift))
        return total and total.plus(0 if access.post_indexed else access.offset)

    def step(self, op: Op) -> None:
        """Executes `op`."""
        is_certain = op.condition is None
        results: dict[int, Value | None] = dict.fromkeys(op.writes)
        if op.access is not None:
            address = self.address(op)
            if op.kind in (Kind.STORE, Kind.STORE_MULTIPLE):
                self._store(op, address)
            elif is_certain and address is not None:
                results |= {register: self._load(address.plus(4 * i)) for i, register in enumerate(_loaded(op))}
            if op.access.writeback and is_certain and address is not None:
                results[op.access.base] = address.plus(_step_bytes(op))
        elif len(op.writes) == 1 and is_certain:
            results = {register: self._sum_of_terms(op) for register in op.writes}
        self._registers |= results

    def compile(self, values: Sequence[Value], masks: Sequence[int]) -> Probe:
        """A probe for `values`, each masked with its mask."""
        result = "".join(f"({value})&{mask}," for value, mask in zip(values, masks, strict=True))
        lines = [f"    return ({result})"]
        for address, name in reversed(self._words.items()):
            if any(name in _WORD.findall(line) for line in lines):
                lines.insert(0, f"    {name} = m({address})")
        text = "\n".join(lines)
        registers = tuple(sorted({int(n) for n in _REGISTER.findall(text)}))
        text = _REGISTER.sub(lambda match: f"r[{registers.index(int(match[1]))}]", text)
        scope: dict[str, Callable] = {}
        exec(f"def probe(r, m):\n{text}\n", scope)  # noqa: S102 - the text is made of our own terms only
        return Probe(registers, scope["probe"])

    def keeps_memories(self, values: Sequence[Value], widths_bytes: Sequence[int]) -> bool:
        """Whether a block that follows itself accesses the same memories, equally aligned, again.

        True if every register in `values` is unchanged by the block or moved by a multiple of the width of the access, and
        words that they read are on the stack and not stored by the block. (A pointer, moved by whatever is added to it, does
        not step from one memory into another.)
        """
        addresses = {name: address for address, name in self._words.items()}
        for value, width_bytes in zip(values, widths_bytes, strict=True):
            loads = [addresses[name] for name in _WORD.findall(value.terms)]
            if loads and (self._stored or not all(load.startswith(f"r[{SP}]") for load in loads)):
                return False
            if not all(self._moves_by(SP, 4) for _ in loads):
                return False
            if not all(self._moves_by(int(n), width_bytes) for n in _REGISTER.findall(value.terms)):
                return False
        return True

    def _moves_by(self, register: int, width_bytes: int) -> bool:
        """Whether the block moves `register` by a multiple of `width_bytes`."""
        value, own = self._registers[register], f"r[{register}]"
        if value is None:
            return False
        if width_bytes == 1 and value.terms.startswith(f"{own}+"):
            return True
        return value.terms == own and value.offset % width_bytes == 0

    def _store(self, op: Op, address: Value | None) -> None:
        if address is None or not address.is_on_stack:
            return
        sources = sorted(op.reads - op.address_registers)
        is_known = op.condition is None and len(sources) == op.access.words and address.offset % 4 == 0
        is_known &= op.name in _WORD_STORES or (op.name in _ASCENDING and sources[-1] < PC)
        first = address.offset - address.offset % 4
        for index in range(op.access.words + bool(address.offset % 4)):
            self._stored[first + 4 * index] = self._registers.get(sources[index]) if is_known else None

    def _load(self, address: Value) -> Value | None:
        if address.is_on_stack and address.offset in self._stored:
            return self._stored[address.offset]
        name = self._words.setdefault(str(address), f"w{len(self._words)}")
        return Value(name)

    def _sum_of_terms(self, op: Op) -> Value | None:
        """The value that a data-processing instruction writes, if it is a sum, a move or a shift to the left."""
        if op.terms is None:
            return None
        total: Value | None = Value("")
        for term in op.terms:
            value = Value("", term.constant) if term.register is None else self._registers.get(term.register)
            shifted = value and value.shifted(term.shift)
            total = add(total, shifted.negated() if shifted and term.sign == "-" else shifted)
        return total


def _loaded(op: Op) -> list[int]:
    """The core registers that a load of whole words fills, in order of their addresses."""
    if op.name in _WORD_LOADS:
        return [] if op.destination is None else [op.destination]
    updated = {op.access.base} if op.access.writeback else set()
    registers = sorted(op.writes - updated)
    return registers if op.name in _ASCENDING and len(registers) == op.access.words and registers[-1] < PC else []


def _step_bytes(op: Op) -> int:
    """What write-back adds to the address of the access."""
    if op.access.post_indexed:
        return op.access.offset
    return op.access.words * op.access.width_bytes if op.name in _ASCENDING and op.name != "push" else 0
