"""The host's toolchain links C that runs, with and without sanitizers, which find what they should and say where."""

import subprocess

import pytest

_FOLDER = "tools/toolchains/host/"
_PLAIN, _SANITIZED = _FOLDER + "sums_program", _FOLDER + "sanitized_sums"
_RIGHT = ["3", "4", "5", "7"]


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", [_PLAIN, _SANITIZED])
def test_what_is_right_runs(program):
    done = _run(program, *_RIGHT)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("16 4.000 12.2.0")


@pytest.mark.parametrize(
    ("arguments", "report"),
    [
        (["9", *_RIGHT[1:]], "AddressSanitizer: heap-buffer-overflow"),
        (["2", "0x7fffffff", "1"], "signed integer overflow"),
    ],
)
def test_what_is_wrong_is_found_in_libraries_too_and_its_line_named(arguments, report):
    done = _run(_SANITIZED, *arguments)
    assert done.returncode == 1
    assert report in done.stderr and "tools/toolchains/host/sums.c:7" in done.stderr


def test_the_plain_program_is_really_without_sanitizers():
    assert _run(_PLAIN, "2", "0x7fffffff", "1").stdout.startswith("-2147483648 ")
