"""The main job needs none of the host's Pythons and compilers, and comes out of a cache without training.

Starts a Bazel of its own on this very workspace, with an output root, a HOME and a disk cache that are new, and with the
host's tools hidden from all actions. Needs what a newcomer's build needs: Bazel, apt, pip and their package sites.
"""

import filecmp
import glob
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

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


class Workspace:
    """This workspace, built by a Bazel with a state of its own under `folder`."""

    def __init__(self, folder: pathlib.Path):
        self.root = pathlib.Path(os.path.realpath("WORKSPACE")).parent
        self.cache = folder / "cache"
        self.home = folder / "home"
        self.output_root = folder / "output"
        self.home.mkdir()

    def bazel(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        start = ["bazel", f"--output_user_root={self.output_root}", "--max_idle_secs=60"]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("TEST_", "RUNFILES", "PYTHON"))}
        result = subprocess.run(
            [*start, command, *arguments],
            cwd=self.root,
            env=environment | {"HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result

    def build(self, *targets: str) -> str:
        hidden = [f"--sandbox_block_path={path}" for path in host_tools()]
        flags = [*hidden, f"--disk_cache={self.cache}", "--symlink_prefix=/", "--color=no", "--curses=no"]
        return self.bazel("build", *flags, "--", *targets).stdout

    def output(self, name: str) -> pathlib.Path:
        return pathlib.Path(self.bazel("info", "bazel-bin").stdout.strip().splitlines()[-1], name)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    nested = Workspace(tmp_path_factory.mktemp("nested"))
    yield nested
    nested.bazel("shutdown")
    shutil.rmtree(nested.output_root, ignore_errors=True)


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
    # "52 processes: 32 remote cache hit, 20 internal.": Bazel 4.2 counts the disk cache as a remote one, and what
    # it executes by the name of the strategy.
    kinds = re.search(r"\d+ processes: (.*)\.", log).group(1).split(", ")
    assert {kind.split(" ", 1)[1] for kind in kinds} == {"remote cache hit", "internal"}, log
    assert filecmp.cmp(workspace.output(_IMAGE), _IMAGE, shallow=False)
