"""The library's structures lie in memory as ctypes believes, and a library that is not there is named."""

import ctypes

import pytest

from tools.errors import UserError
from tools.sim.timing import library


def test_structures_are_as_large_as_the_compiler_makes_them():
    structures = (
        library.Term, library.Sum, library.Probe, library.Memory, library.Memories, library.Art, library.CodeLine, library.Late,
        library.Block, library.FlashRead, library.Node, library.Fork, library.Successor, library.Timer,
    )  # fmt: skip
    sizes = (ctypes.c_uint32 * len(structures)).in_dll(library.load(), "timer_sizes_bytes")
    assert {s.__name__: size for s, size in zip(structures, sizes)} == {s.__name__: ctypes.sizeof(s) for s in structures}


def test_the_last_members_lie_where_the_compiler_puts_them():
    assert ctypes.c_uint32.in_dll(library.load(), "timer_atoms_offset_bytes").value == library.Timer.atoms.offset


def test_a_library_that_is_not_built_is_named(tmp_path):
    with pytest.raises(UserError, match="libtiming.so: not built; got no file, want one. Fix: bazel build //tools/sim"):
        library.find_library(tmp_path)
