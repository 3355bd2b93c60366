"""Paths of a command line."""

import os
from pathlib import Path


def from_command_line(name: str) -> Path:
    """A path as the user means it, relative to where the command was given: `bazel run` starts programs elsewhere."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), name)
