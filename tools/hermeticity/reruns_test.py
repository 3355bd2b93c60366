"""Keys of actions are sound: each edit reruns what depends on it, and nothing else.

A copy of the workspace is built; then one edit follows the other, each in another kind of input, and Bazel's execution log says what
ran. Mnemonics of C are counted, since their sources have one action each; a comment that changes no output ends the chain.
"""

import collections
import shutil
import tempfile
from pathlib import Path

import pytest

from tools.hermeticity.workspace import Workspace, copy_workspace, executed

_TARGETS = ("//firmware:model_bin", "//model/voltage_event:voltage_event_precision")
_JUDGED = {"MeasurePrecision", "MeasureSize", "MeasureTiming"}
_LINKED = {"FirmwareLink", "FirmwareObjcopy", "SealImage", *_JUDGED}


class _Edited:
    """The copy, its Bazel, and what the last build ran."""

    def __init__(self, folder: Path):
        self.root = copy_workspace(folder / "clone")
        self.bazel = Workspace(folder / "state", self.root)
        self._log = folder / "log.json"

    def build(self) -> collections.Counter:
        """Builds; returns how many actions ran, by mnemonic."""
        self.bazel.build(f"--execution_log_json_file={self._log}", *_TARGETS)
        return collections.Counter(line.split(" ")[0] for line in executed(self._log))

    def replace(self, name: str, old: str, new: str) -> None:
        """Edits a file, of the copy or (external/...) of what it fetched."""
        path = self.root / name
        if name.startswith("external/"):
            path = Path(self.bazel.bazel("info", "output_base").strip().splitlines()[-1], name)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{name} has no {old!r}"
        path.chmod(0o644)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(name="edited", scope="module")
def _edited():
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="edgeplug-reruns-"))
    made = _Edited(folder)
    made.build()
    yield made
    made.bazel.close()
    shutil.rmtree(folder, ignore_errors=True)


_EDITS = (
    ("a page", "README.md", "# EdgePlug", "# EdgePlug!", set()),
    ("a comment of C, whose object stays", "firmware/frame.c", "/* Receives into", "/*  Receives into", {"CppCompile"}),
    ("C of the firmware", "firmware/main.c", '"wfi"', '"nop"', {"CppCompile", *_LINKED}),
    ("a linker script", "firmware/boards/stm32l476/link.ld", ": 1024;", ": 1032;", _LINKED),
    ("a comment in training, whose weights stay", "model/training/exact.py", '"""', '""" \'', {"Train"}),
    ("a comment in a gate", "gates/precision/measure.py", '"""', '""" \'', {"MeasurePrecision"}),
    ("one file of a wheel that the simulator alone reads", "external/pip/site/unicorn/__init__.py", "\n", "\n# edited\n",
     {"MeasureKernels", *_JUDGED}),
    ("one flag of kernels that are linked into no byte of this image, nor measured for it", "cmsis/kernels/BUILD", 'copts = ["-O2"]',
     'copts = ["-O1"]', {"CppCompile", "MeasureKernels", "FirmwareLink"}),
)


@pytest.mark.parametrize(("what", "name", "old", "new", "wanted"), _EDITS, ids=[edit[0] for edit in _EDITS])
def test_an_edit_reruns_what_depends_on_it(edited, what, name, old, new, wanted):
    edited.replace(name, old, new)
    ran = edited.build()
    print(f"{what}: {dict(ran)}")
    assert set(ran) == wanted


def test_nothing_runs_again_without_an_edit(edited):
    assert not edited.build()
