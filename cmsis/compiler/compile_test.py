"""The command line of the compiler: what it writes, and that a bad model is one line on stderr and no file."""

import subprocess
import sys

import pytest

from cmsis.testing import small_models

_SPEC = """\
name: small
classes: [a, b, c, d]
target: stm32l476
gates: {}
quantization: {calibration_windows: 10}
"""


def _run(folder, model: bytes):
    (folder / "small.tflite").write_bytes(model)
    (folder / "small.yaml").write_text(_SPEC, encoding="utf-8")
    outputs = [f"--{flag}={folder / name}" for flag, name in (("source", "small.c"), ("header", "small.h"),
                                                               ("plan", "small.json"), ("picture", "small.svg"))]
    command = [sys.executable, "-m", "cmsis.compiler.compile", f"--model={folder / 'small.tflite'}",
               f"--spec={folder / 'small.yaml'}", *outputs]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_writes_the_library(tmp_path):
    result = _run(tmp_path, small_models.network())
    assert (result.returncode, result.stderr) == (0, "")
    assert '#include "small.h"' in (tmp_path / "small.c").read_text(encoding="utf-8")
    assert "#define SMALL_CLASSES 4" in (tmp_path / "small.h").read_text(encoding="utf-8")
    assert (tmp_path / "small.json").exists()
    assert (tmp_path / "small.svg").read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize("length", (0, 100, 700))
def test_truncated_model(tmp_path, length):
    result = _run(tmp_path, small_models.network()[:length])
    assert result.returncode == 1
    assert result.stderr.startswith("error: ") and "small.tflite: model: " in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "small.c").exists()
