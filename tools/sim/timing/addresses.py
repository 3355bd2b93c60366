"""Addresses of a basic block's data accesses, as sums of the registers at its entry.

Purpose: the cost of an access depends on its memory and alignment. Hooking every access is slow and, in IT blocks, wrong
(Unicorn 2.1.4 corrupts flags), so the block is executed symbolically once: every address becomes a sum of atoms, which are
entry registers and words of memory at block entry, and of a constant. ../native/addresses.c evaluates it. A word on the stack that
the block stores and loads again is followed; stores through other pointers are taken not to change a pointer that the block
then loads.
Non-goals: flags, products; an address that is no sum of known terms is None (counted by the timer as an assumption).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sim.timing.op import PC, SP, Kind, Op

_TERMS_MAX = 32
# Atoms below are the registers r0 to r14, from here on loaded words in order of their loads.
_FIRST_WORD = 16
_ASCENDING = {"ldm", "stm", "pop", "push", "vldmia", "vstmia", "vpop"}
_WORD_STORES, _WORD_LOADS = {"str"}, {"ldr"}


@dataclass(frozen=True, slots=True)
class Value:
    """The sum of `terms`, (atom, coefficient modulo 2 ** 32) in order of appearance, and `offset`."""

    terms: tuple[tuple[int, int], ...]
    offset: int = 0

    def plus(self, offset: int) -> "Value":
        """This value and a constant more."""
        return Value(self.terms, self.offset + offset)

    def times(self, factor: int) -> "Value":
        """This value times `factor`."""
        return _value({atom: coefficient * factor for atom, coefficient in self.terms}, self.offset * factor)

    @property
    def is_on_stack(self) -> bool:
        """Whether it is the stack pointer at entry plus a constant."""
        return self.terms == ((SP, 1),)


def _value(coefficients: dict[int, int], offset: int) -> Value:
    kept = ((atom, coefficient & 0xFFFFFFFF) for atom, coefficient in coefficients.items() if coefficient & 0xFFFFFFFF)
    return Value(tuple(kept), offset)


def _atom(number: int) -> Value:
    return Value(((number, 1),))


def add(first: Value | None, second: Value | None) -> Value | None:
    """The sum; None if a part is unknown, or there are too many terms."""
    if first is None or second is None:
        return None
    coefficients = dict(first.terms)
    for atom, coefficient in second.terms:
        coefficients[atom] = coefficients.get(atom, 0) + coefficient
    return _value(coefficients, first.offset + second.offset) if len(coefficients) <= _TERMS_MAX else None


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """How to compute addresses: atoms are the values of `registers`, followed by the words at the addresses `words`, each of which
    may refer to atoms before it. `masks` keep the bits of each address that decide the cost."""

    registers: tuple[int, ...]
    words: tuple[Value, ...]
    addresses: tuple[Value, ...]
    masks: tuple[int, ...]


class Symbolic:
    """Register contents as values, followed through `step` for each instruction of a block."""

    def __init__(self) -> None:
        self._registers: dict[int, Value | None] = {n: _atom(n) for n in range(15)}
        self._words: dict[Value, int] = {}  # atoms of loaded words by their address
        self._stored: dict[int, Value | None] = {}  # words on the stack by their offset from the stack pointer at entry

    def address(self, op: Op) -> Value | None:
        """The lowest address that `op` accesses, before it executes."""
        access = op.access
        base = Value((), op.address + 4 & ~3) if access.base == PC else self._registers.get(access.base)
        index = Value(()) if access.index is None else self._registers.get(access.index)
        total = add(base, index and index.times(1 << access.shift))
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
        addresses = {atom: address for address, atom in self._words.items()}
        needed = {atom for value in values for atom, _ in value.terms}
        for atom in sorted(addresses, reverse=True):
            if atom in needed:
                needed |= {inner for inner, _ in addresses[atom].terms}
        atoms = sorted(needed)
        words = [addresses[atom] for atom in atoms if atom >= _FIRST_WORD]

        def renumbered(value: Value) -> Value:
            return Value(tuple((atoms.index(atom), coefficient) for atom, coefficient in value.terms), value.offset)

        registers = tuple(atom for atom in atoms if atom < _FIRST_WORD)
        return Probe(registers, tuple(map(renumbered, words)), tuple(map(renumbered, values)), tuple(masks))

    def keeps_memories(self, values: Sequence[Value], widths_bytes: Sequence[int]) -> bool:
        """Whether a block that follows itself accesses the same memories, equally aligned, again.

        True if every register in `values` is unchanged by the block or moved by a multiple of the width of the access, and
        words that they read are on the stack and not stored by the block. (A pointer, moved by whatever is added to it, does
        not step from one memory into another.)
        """
        addresses = {atom: address for address, atom in self._words.items()}
        for value, width_bytes in zip(values, widths_bytes, strict=True):
            atoms = [atom for atom, _ in value.terms]
            loads = [addresses[atom] for atom in atoms if atom >= _FIRST_WORD]
            if loads and (self._stored or not all(load.terms[:1] == ((SP, 1),) for load in loads)):
                return False
            if loads and not self._moves_by(SP, 4):
                return False
            if not all(self._moves_by(atom, width_bytes) for atom in atoms if atom < _FIRST_WORD):
                return False
        return True

    def _moves_by(self, register: int, width_bytes: int) -> bool:
        """Whether the block moves `register` by a multiple of `width_bytes`."""
        value, own = self._registers[register], (register, 1)
        if value is None or value.terms[:1] != (own,):
            return False
        return width_bytes == 1 or (len(value.terms) == 1 and value.offset % width_bytes == 0)

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
        return _atom(self._words.setdefault(address, _FIRST_WORD + len(self._words)))

    def _sum_of_terms(self, op: Op) -> Value | None:
        """The value that a data-processing instruction writes, if it is a sum, a move or a shift to the left."""
        if op.terms is None:
            return None
        total: Value | None = Value(())
        for term in op.terms:
            value = Value((), term.constant) if term.register is None else self._registers.get(term.register)
            total = add(total, value and value.times((-1 if term.sign == "-" else 1) << term.shift))
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
