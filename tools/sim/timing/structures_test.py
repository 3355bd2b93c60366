"""The library's structures lie in memory as ctypes believes."""

import ctypes

from tools.sim.timing import structures

_STRUCTURES = (
    structures.Term, structures.Sum, structures.Probe, structures.Memory, structures.Memories, structures.Art,
    structures.CodeLine, structures.Late, structures.Block, structures.FlashRead, structures.Node, structures.Fork,
    structures.Successor, structures.Timer,
)  # fmt: skip


def test_structures_are_as_large_as_the_compiler_makes_them():
    sizes = (ctypes.c_uint32 * len(_STRUCTURES)).in_dll(structures.library(), "timer_sizes_bytes")
    assert dict(zip(_STRUCTURES, sizes)) == {structure: ctypes.sizeof(structure) for structure in _STRUCTURES}


def test_the_last_members_lie_where_the_compiler_puts_them():
    assert ctypes.c_uint32.in_dll(structures.library(), "timer_atoms_offset_bytes").value == structures.Timer.atoms.offset
