"""Plays renode/inference.robot with Renode's own runner, renode-test, which lies beside Renode."""

import os
import subprocess
from pathlib import Path

from gates.environments import renode


def test_the_robot_file_passes(tmp_path: Path) -> None:
    runner = Path(renode.program()).resolve().with_name("renode-test")
    assert runner.is_file(), f"renode: has no {runner.name} beside it; got {runner.parent}, want the portable release"
    variables = {"EXCHANGES": os.environ["EDGEPLUG_EXCHANGES"], "IMAGE": os.environ["EDGEPLUG_IMAGE"]}
    options = [option for name, path in variables.items() for option in ("--variable", f"{name}:{Path(path).absolute()}")]
    environment = {**os.environ, "HOME": str(tmp_path), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    # Its Python is the host's, with Robot Framework: ours must not reach it.
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH"):
        environment.pop(name, None)
    robot_file = (renode.FOLDER / "inference.robot").absolute()
    ended = subprocess.run([str(runner), *options, "--results-dir", str(tmp_path), str(robot_file)],
                           env=environment, capture_output=True, text=True, check=False)
    print(ended.stdout)
    assert ended.returncode == 0, ended.stderr
