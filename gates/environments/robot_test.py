"""What Renode's runner of Robot files finds, with a script of ours in its place: it runs no Renode and judges nothing."""

from pathlib import Path

import pytest

from gates.environments import robot
from tools.errors import UserError

# As renode-test does, it runs the python3 on PATH; this prints what a Robot file of Renode needs there.
RUNNER = """#!/bin/sh
python3 - "$@" <<END
import os, sys
import psutil, robot, yaml
from RetryFailed import RetryFailed
print(robot.__version__, os.environ["HOME"], *sys.argv[1:])
END
"""


def _renode(folder: Path, runner: str | None) -> str:
    for name, text in (("renode", "#!/bin/sh\n"), ("renode-test", runner)):
        if text is not None:
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    return str(folder / "renode")


def test_the_runner_has_the_robot_framework_that_renode_asks_for(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    ended = robot.run(_renode(tmp_path, RUNNER), Path("gates/a.robot"), {"IMAGE": "/a b.bin"}, results)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split(" ", 1) == ["6.1", f"{results} --variable IMAGE:/a b.bin --results-dir {results} "
                                          f"{Path('gates/a.robot').absolute()}\n"]


def test_a_runner_that_fails_is_told_by_its_exit_code(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    assert robot.run(_renode(tmp_path, "#!/bin/sh\nexit 3\n"), Path("a.robot"), {}, results).returncode == 3


def test_a_renode_without_its_runner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="renode: has no renode-test beside it; got .*/renode, want the program of a portable"):
        robot.run(_renode(tmp_path, None), Path("a.robot"), {}, tmp_path)
