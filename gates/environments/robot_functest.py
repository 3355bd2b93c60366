"""Plays renode/inference.robot with Renode's own runner."""

import os
from pathlib import Path

from gates.environments import renode, robot


def test_the_robot_file_passes(tmp_path: Path) -> None:
    variables = {name: str(Path(os.environ[f"EDGEPLUG_{name}"]).absolute()) for name in ("EXCHANGES", "IMAGE")}
    ended = robot.run(renode.program(), renode.FOLDER / "inference.robot", variables, tmp_path)
    print(ended.stdout)
    assert ended.returncode == 0, ended.stderr
