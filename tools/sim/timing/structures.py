"""The structures of the library's automaton as ctypes sees them; ../native/ documents them.

Purpose: their layout, and the arguments of the functions. Non-goals: filling them (layout.py).
"""

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_int, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from functools import cache

from tools.sim.library import load

_ADDRESSES_MAX, _LATE_MAX, _ATOMS_MAX = 512, 512, 16 + 512 * 16
REGISTERS_MAX = 16
LATE_PREDICATE, LATE_DIVIDE, LATE_DIVIDE_SIGNED = range(3)


class Term(Structure):
    _fields_ = [("coefficient", c_uint32), ("atom", c_uint32)]


class Sum(Structure):
    _fields_ = [("offset", c_uint32), ("count", c_uint32), ("terms", POINTER(Term))]


class Probe(Structure):
    _fields_ = [
        ("register_count", c_uint32), ("word_count", c_uint32), ("address_count", c_uint32), ("registers", POINTER(c_int)),
        ("words", POINTER(Sum)), ("addresses", POINTER(Sum)), ("masks", POINTER(c_uint32)),
    ]  # fmt: skip


class Memory(Structure):
    _fields_ = [("base", c_uint32), ("size_bytes", c_uint32), ("bytes", c_void_p)]


READ_WORD = CFUNCTYPE(c_uint32, c_uint32)


class Memories(Structure):
    _fields_ = [("count", c_uint32), ("memories", POINTER(Memory)), ("elsewhere", READ_WORD)]


class _Line(Structure):
    _fields_ = [("line", c_uint32), ("parts", c_uint32), ("last_use", c_uint64)]


class _Cache(Structure):
    _fields_ = [("capacity", c_uint32), ("count", c_uint32), ("lines", _Line * 64)]


class Art(Structure):
    _fields_ = [
        ("wait_states", c_uint32), ("line_shift", c_uint32), ("read_shift", c_uint32), ("part_mask", c_uint32),
        ("uses", c_uint64), ("instructions", _Cache), ("data", _Cache),
    ]  # fmt: skip


class _Read(Structure):
    _fields_ = [("bit", c_uint32), ("wait_cycles", c_uint32)]


class CodeLine(Structure):
    _fields_ = [
        ("line", c_uint32), ("parts", c_uint32), ("slot", c_uint32), ("read_count", c_uint32), ("reads", _Read * 4),
    ]  # fmt: skip


class Late(Structure):
    _fields_ = [
        ("address", c_uint32), ("kind", c_uint32), ("register_count", c_uint32), ("registers", c_int * 2), ("facts", c_uint8 * 33),
    ]  # fmt: skip


class Block(Structure):
    _fields_ = [("probe", POINTER(Probe)), ("late", POINTER(Late)), ("late_count", c_uint32), ("is_assumed", c_uint32)]


class FlashRead(Structure):
    _fields_ = [("index", c_int32), ("start", c_uint32)]


class Successor(Structure):
    pass


class Node(Structure):
    pass


Node._fields_ = [
    ("id", c_uint32), ("cycles", c_uint32), ("instructions", c_uint32), ("unaligned_pc", c_uint32), ("block", POINTER(Block)),
    ("code_lines", POINTER(CodeLine)), ("flash_reads", POINTER(FlashRead)), ("facts", POINTER(c_uint32)),
    ("code_line_count", c_uint32), ("flash_read_count", c_uint32), ("fact_count", c_uint32), ("needs_addresses", c_uint32),
    ("successors", POINTER(Successor)), ("next", POINTER(Node)),
]  # fmt: skip


class Fork(Structure):
    _fields_ = [("id", c_uint32), ("block", POINTER(Block)), ("nodes", POINTER(Node))]


Successor._fields_ = [
    ("address", c_uint32), ("size_bytes", c_uint32), ("node", POINTER(Node)), ("fork", POINTER(Fork)),
    ("next", POINTER(Successor)),
]  # fmt: skip

# The callbacks return pointers as numbers: ctypes cannot return others.
LINK = CFUNCTYPE(c_void_p, c_uint32, c_uint32, c_uint32)
RESOLVE = CFUNCTYPE(c_void_p, c_uint32, c_uint32)
MUST_STOP = CFUNCTYPE(c_int)
OBSERVE = CFUNCTYPE(None, c_uint32, c_uint32, c_uint32)


class Timer(Structure):
    _fields_ = [
        ("cycles", c_int64), ("instructions", c_int64), ("assumed_accesses", c_int64), ("look_at", c_int64),
        ("instructions_left", c_int64), ("engine", c_void_p), ("art", POINTER(Art)), ("node", POINTER(Node)),
        ("fork", POINTER(Fork)), ("hot_block", POINTER(Block)), ("is_observed", c_uint32), ("unaligned_pc", c_uint32),
        ("late_count", c_uint32), ("memories", Memories), ("reg_read_batch", c_void_p), ("emu_stop", c_void_p),
        ("link", LINK), ("resolve", RESOLVE), ("must_stop", MUST_STOP), ("observe", OBSERVE),
        ("register_values", c_void_p * REGISTERS_MAX), ("facts", c_uint32 * (_ADDRESSES_MAX + _LATE_MAX)),
        ("addresses", c_uint32 * _ADDRESSES_MAX), ("atoms", c_uint32 * _ATOMS_MAX),
    ]  # fmt: skip


@cache
def library() -> ctypes.CDLL:
    """The library, with the types of its functions' arguments."""
    loaded = load()
    loaded.addresses_evaluate.argtypes = [POINTER(Probe), POINTER(Memories), POINTER(c_uint32), POINTER(c_uint32)]
    loaded.art_code_cycles.argtypes = [POINTER(Art), POINTER(CodeLine), c_uint32]
    loaded.art_data_cycles.argtypes = [POINTER(Art), c_uint32]
    loaded.late_fact.argtypes = [POINTER(Late), POINTER(c_uint32)]
    loaded.timer_settle.argtypes = [POINTER(Timer)]
    return loaded
