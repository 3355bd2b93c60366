"""Finds the test programs of this folder: built by Bazel beside this file, or in the folder named by SIM_TEST_ELVES."""

import os
from pathlib import Path


def elf_bytes(name: str) -> bytes:
    """The ELF file of the m4_elf target `name` in this folder."""
    folder = Path(os.environ.get("SIM_TEST_ELVES", Path(__file__).parent))
    return (folder / f"{name}.elf").read_bytes()
