"""Lays the automaton's objects out for the library: probes, blocks, nodes and forks become those of structures.py.

Purpose: `Layout` keeps each structure as long as itself, so that the library may hold on to pointers, and gives nodes and
forks the numbers that the library names them by. Non-goals: what they cost (transitions.py), when they are needed (timer.py).
"""

import ctypes
from collections.abc import Mapping, Sequence

from unicorn import arm_const as arm

from tools.sim.timing import structures
from tools.sim.timing.addresses import Probe, Value
from tools.sim.timing.art import FlashAccelerator
from tools.sim.timing.block import Block
from tools.sim.timing.late_facts import Divide, Predicate
from tools.sim.timing.op import SP
from tools.sim.timing.transitions import Fork, Node

_REGISTERS = (*(arm.UC_ARM_REG_R0 + i for i in range(SP)), arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR)
_WORD = 0xFFFFFFFF


class Layout:
    """The structures of one machine. `flash` is its accelerator, None without; `lates` its late instructions by address."""

    def __init__(self, flash: FlashAccelerator | None, lates: Mapping[int, Predicate | Divide]) -> None:
        self._flash = flash
        self._lates = lates
        self._objects: list[Node | Fork | None] = [None]
        self._numbers: dict[Node | Fork, int] = {}
        self._structures: list[structures.Node | structures.Fork | None] = [None]
        self._blocks: dict[Block, structures.Block] = {}
        self._successors: list[structures.Successor] = []

    def object(self, number: int) -> Node | Fork:
        """The node or fork of that number."""
        return self._objects[number]

    def node(self, node: Node) -> structures.Node:
        """The structure of `node`, the same each time."""
        if node not in self._numbers:
            facts = (*node.probed, *node.late)
            structure = structures.Node(
                cycles=node.cycles, instructions=node.instructions, unaligned_pc=node.unaligned_multiple or 0,
                block=self._block(node.block), facts=_words(facts), fact_count=len(facts),
                needs_addresses=any(index is not None for index, _ in node.flash_reads),
            )  # fmt: skip
            if self._flash is not None:
                structure.code_lines, structure.code_line_count = self._flash.lay_out(node.code_lines), len(node.code_lines)
                reads = [(-1 if index is None else index, start) for index, start in node.flash_reads]
                structure.flash_reads, structure.flash_read_count = (structures.FlashRead * len(reads))(*reads), len(reads)
            self._add(node, structure)
        return self._structures[self._numbers[node]]

    def successor(self, address: int, size_bytes: int, entry: Node | Fork) -> structures.Successor:
        """A new transition to `entry`."""
        successor = structures.Successor(address=address, size_bytes=size_bytes)
        if isinstance(entry, Node):
            successor.node = ctypes.pointer(self.node(entry))
        else:
            successor.fork = ctypes.pointer(self._fork(entry))
        self._successors.append(successor)
        return successor

    def _fork(self, fork: Fork) -> structures.Fork:
        if fork not in self._numbers:
            self._add(fork, structures.Fork(block=self._block(fork.block)))
        return self._structures[self._numbers[fork]]

    def _add(self, entry: Node | Fork, structure: structures.Node | structures.Fork) -> None:
        structure.id = self._numbers[entry] = len(self._objects)
        self._objects.append(entry)
        self._structures.append(structure)

    def _block(self, block: Block | None) -> "ctypes._Pointer[structures.Block] | None":
        if block is None:
            return None
        if block not in self._blocks:
            lates = [lay_out_late(address, self._lates[address]) for address in sorted(block.late)]
            structure = structures.Block(
                late=(structures.Late * len(lates))(*lates), late_count=len(lates), is_assumed=bool(block.unknown)
            )
            if block.probe is not None:
                structure.probe = ctypes.pointer(lay_out_probe(block.probe))
            self._blocks[block] = structure
        return ctypes.pointer(self._blocks[block])


def lay_out_probe(probe: Probe) -> structures.Probe:
    """`probe` as the library's."""
    registers = [_REGISTERS[number] for number in probe.registers]
    return structures.Probe(
        len(registers), len(probe.words), len(probe.addresses), (ctypes.c_int * len(registers))(*registers),
        _sums(probe.words), _sums(probe.addresses), _words(probe.masks),
    )  # fmt: skip


def lay_out_late(address: int, late: Predicate | Divide) -> structures.Late:
    """`late` at `address` as the library's."""
    if isinstance(late, Predicate):
        kind, registers = structures.LATE_PREDICATE, [arm.UC_ARM_REG_XPSR]
    else:
        kind = structures.LATE_DIVIDE_SIGNED if late.signed else structures.LATE_DIVIDE
        registers = [_REGISTERS[late.dividend], _REGISTERS[late.divisor]]
    facts = late.facts
    return structures.Late(
        address, kind, len(registers), (ctypes.c_int * 2)(*registers), (ctypes.c_uint8 * 33)(*facts)
    )


def _sums(values: Sequence[Value]) -> ctypes.Array[structures.Sum]:
    sums = (structures.Sum * len(values))()
    for target, value in zip(sums, values, strict=True):
        terms = [(coefficient, atom) for atom, coefficient in value.terms]
        target.offset, target.count, target.terms = value.offset & _WORD, len(terms), (structures.Term * len(terms))(*terms)
    return sums


def _words(values: Sequence[int]) -> ctypes.Array[ctypes.c_uint32]:
    return (ctypes.c_uint32 * len(values))(*values)
