"""The main job needs none of the host's Pythons and compilers and heeds no variable of its caller, and comes out of a cache without
training.

Starts a Bazel of its own on this very workspace, with an output root, a HOME and a disk cache that are new, in a hostile environment,
and with the host's tools hidden from all actions.
"""

import filecmp
import glob
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.hermeticity.workspace import HOSTILE, Workspace, process_kinds

_IMAGE = "model/voltage_event/voltage_event.bin"
# A host's Pythons, Arm tools, and compilers with their assemblers and linkers; the packages that Bazel depends on bring all but
# the Arm tools. (`ld*` would be the loader too.)
_HOST_TOOLS = ("python", "python2*", "python3*", "arm-none-eabi-*", "arm-linux-*", "cc", "gcc", "gcc-[0-9]*", "clang*",
               "x86_64-linux-gnu-*", "as", "ld", "ld.bfd", "ld.gold", "ld.lld")


def host_tools() -> list[str]:
    """Every file on PATH, with what it links to, that is one of _HOST_TOOLS."""
    folders = os.environ["PATH"].split(os.pathsep) + ["/usr/local/bin", "/usr/bin", "/bin"]
    found = {path for folder in folders for name in _HOST_TOOLS for path in glob.glob(f"{folder}/{name}")}
    return sorted(found | {os.path.realpath(path) for path in found})


class Hidden(Workspace):
    """The workspace in a hostile environment, without the host's tools, with a disk cache."""

    def __init__(self, folder: Path):
        super().__init__(folder, environment=HOSTILE, umask=0o077)
        self._flags = [*(f"--sandbox_block_path={path}" for path in host_tools()), f"--disk_cache={folder / 'cache'}"]

    def build(self, *arguments: str) -> str:
        return super().build(*self._flags, *arguments)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hidden]:
    nested = Hidden(tmp_path_factory.mktemp("nested"))
    yield nested
    nested.close()


def test_host_tools_are_really_hidden(workspace):
    for tool in ("python3", "gcc"):
        assert any(tool in path for path in host_tools()), f"the host has no {tool} that could be hidden"
    workspace.build("//tools/hermeticity:probe")
    assert workspace.output("tools/hermeticity/probe.txt").read_text() == ""


def test_the_main_job_builds_without_them_and_gives_the_same_image(workspace):
    log = workspace.build("//firmware:model_bin")
    assert "Train" in log
    assert filecmp.cmp(workspace.output(_IMAGE), _IMAGE, shallow=False)


def test_a_clean_build_from_a_warm_cache_executes_nothing(workspace):
    workspace.bazel("clean")
    log = workspace.build("//firmware:model_bin")
    assert process_kinds(log).keys() == {"remote cache hit", "internal"}, log
    assert filecmp.cmp(workspace.output(_IMAGE), _IMAGE, shallow=False)
