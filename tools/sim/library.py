"""Loads the simulator's library of C code, native/, and hooks its functions into Unicorn.

Purpose: Unicorn calls C directly; its Python wrappers cost two more calls each time. Errors: UserError if the library is not built.
Non-goals: what it holds (native/*.h), and how that looks to ctypes (its users).
"""

import ctypes
from functools import cache
from pathlib import Path

from unicorn import Uc, UcError
from unicorn.unicorn_py3.unicorn import uclib

from tools.errors import UserError

_LIBRARY = "tools/sim/native/libsim.so"


@cache
def load() -> ctypes.CDLL:
    """The library, loaded once."""
    return ctypes.CDLL(str(find_library(Path(__file__).parents[2])))


def find_library(root: Path) -> Path:
    """The library in the workspace `root`: in a target's runfiles, or as `bazel build` has left it."""
    candidates = (root / _LIBRARY, root / "bazel-bin" / _LIBRARY)
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        raise UserError(f"{_LIBRARY}: not built; got no file, want one. Fix: bazel build //tools/sim/native:libsim.so")
    return found


def address_of(function: object) -> int:
    """The address of a C function, or of a Python function that ctypes has wrapped."""
    return ctypes.cast(function, ctypes.c_void_p).value


def add_hook(uc: Uc, kind: int, function: object, state: ctypes.Structure | None = None, begin: int = 1, end: int = 0) -> None:
    """Has Unicorn call `function`, which is handed `state`, for addresses from `begin` to `end`; by default for all."""
    handle = ctypes.c_size_t()
    state_address = ctypes.byref(state) if state is not None else None
    status = uclib.uc_hook_add(uc._uch, ctypes.byref(handle), kind, address_of(function), state_address, begin, end)
    if status:
        raise UcError(status)
