"""A library that is not there is named; one that `bazel build` has left is found."""

import pytest

from tools.errors import UserError
from tools.sim.library import find_library


def test_a_library_that_is_not_built_is_named(tmp_path):
    message = "tools/sim/native/libsim.so: not built; got no file, want one. Fix: bazel build //tools/sim/native:libsim.so"
    with pytest.raises(UserError, match=message):
        find_library(tmp_path)


def test_what_the_last_build_has_left_is_found(tmp_path):
    built = tmp_path / "bazel-bin/tools/sim/native/libsim.so"
    built.parent.mkdir(parents=True)
    built.touch()
    assert find_library(tmp_path) == built
