"""Renode's own runner of Robot files, renode-test, which lies beside Renode.

Purpose: runs a Robot file with the locked Robot Framework: renode-test takes the `python3` on PATH, and this is ours there.
Errors: UserError where the runner is not beside Renode. Non-goals: judging; the caller looks at the exit code.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.errors import UserError


def run(program: str, robot_file: Path, variables: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Plays `robot_file` with the runner beside Renode's `program`.

    Args:
        program: Renode.
        robot_file: what to play.
        variables: of the Robot file, by name.
        folder: an empty folder that results and a HOME go to.

    Raises:
        UserError: there is no runner.
    """
    runner = Path(program).resolve().with_name("renode-test")
    if not runner.is_file():
        raise UserError(f"renode: has no {runner.name} beside it; got {program}, want the program of a portable release. "
                        "Fix: set RENODE to that one's program")
    options = [option for name, value in variables.items() for option in ("--variable", f"{name}:{value}")]
    return subprocess.run([str(runner), *options, "--results-dir", str(folder), str(robot_file.absolute())],
                          env=_environment(folder), capture_output=True, text=True, check=False)


def _environment(folder: Path) -> dict[str, str]:
    """The variables that renode-test runs with: PATH begins with a folder whose python3 is ours, with our packages."""
    python = folder / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    packages = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    # It unpacks itself under HOME.
    return {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(folder), "PATH": path, "PYTHONPATH": packages}
