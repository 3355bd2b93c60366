"""Bazel within a test: this workspace, or a copy of it elsewhere, built with a state, a HOME and an environment of its own.

Needs what a newcomer's build needs: Bazel, apt, pip and their package sites. Who runs it as root may let it build as another user, on
a host of another name, on one core.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

ROOT = Path(os.path.realpath("WORKSPACE")).parent
HOSTILE = MappingProxyType({
    "CFLAGS": "-O0 -DHOSTILE", "CC": "/bin/false", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LD_LIBRARY_PATH": "/nonexistent",
    "PYTHONHASHSEED": "1", "PYTHONHOME": "/nonexistent", "PYTHONPATH": "/nonexistent", "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Kathmandu"})
"""What no build may depend on."""

NOBODY = ("unshare", "--uts", "sh", "-c", "hostname elsewhere && exec \"$@\"", "sh", "setpriv", "--reuid=65534", "--regid=65534",
          "--clear-groups", "taskset", "--cpu-list", "0")
"""Prefix of a command that runs as another user, on a host of another name, on one core; for root only."""


class Workspace:
    """The workspace at `root`, built by a Bazel with a state of its own under `folder`, which is made."""

    def __init__(self, folder: Path, root: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({}),
                 prefix: Sequence[str] = (), umask: int = 0o022):
        self.root, self.home, self.output_root = root, folder / "home", folder / "output"
        self._environment, self._prefix, self._umask = environment, prefix, umask
        self.home.mkdir(parents=True)

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Begins a Bazel command; its output is one stream."""
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith(("TEST_", "RUNFILES", "PYTHON", "EDGEPLUG_")) and key != "TMPDIR"}
        # PYTHON* of HOSTILE reaches Bazel's client and server, and must reach no action.
        environment = {**kept, "HOME": str(self.home), **self._environment}
        start = [*self._prefix, "bazel", f"--output_user_root={self.output_root}", "--max_idle_secs=60"]
        return subprocess.Popen([*start, command, *arguments], cwd=self.root, env=environment, umask=self._umask, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def bazel(self, command: str, *arguments: str) -> str:
        """Runs a Bazel command, which must succeed; returns what it says."""
        process = self.start(command, *arguments)
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def build(self, *arguments: str) -> str:
        """Builds targets; flags may stand among `arguments`."""
        return self.bazel("build", "--symlink_prefix=/", "--color=no", "--curses=no", *arguments)

    def output(self, name: str) -> Path:
        """Where a built file lies."""
        return Path(self.bazel("info", "bazel-bin").strip().splitlines()[-1], name)

    def close(self) -> None:
        """Ends the server and removes what it wrote."""
        self.bazel("shutdown")
        shutil.rmtree(self.output_root, ignore_errors=True)


def copy_workspace(target: Path) -> Path:
    """Copies the files that git knows, as they are now, to a new folder, readable by everyone; returns it."""
    names = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source, place = ROOT / name, target / name
        if source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
    return target


def process_kinds(log: str) -> dict[str, int]:
    """What Bazel did for a build's actions, from its line "52 processes: 32 remote cache hit, 20 internal."; Bazel 4.2 counts a disk
    cache as a remote one, and what it executes by the name of the strategy."""
    counts = re.findall(r"\d+ processe?s?: (.*)\.", log)[-1].split(", ")
    return {kind: int(count) for count, kind in (entry.split(" ", 1) for entry in counts)}


def executed(execution_log: Path) -> list[str]:
    """What was executed instead of taken from a cache: mnemonic and first output of each, by Bazel's --execution_log_json_file."""
    text, decoder, at, found = execution_log.read_text(encoding="utf-8"), json.JSONDecoder(), 0, []
    while at < len(text.rstrip()):
        entry, at = decoder.raw_decode(text, at + len(text[at:]) - len(text[at:].lstrip()))
        if not entry.get("remoteCacheHit"):
            found.append(f"{entry['mnemonic']} {next(iter(entry.get('listedOutputs', [])), '')}")
    return found
