"""The command of `bazel run ...:NAME_trace`: prints a trace, minds a reader that leaves, and says what is wrong with a flag."""

import subprocess
from pathlib import Path

FOLDER = Path("model/shapes")


def _command(*more: str) -> list[str]:
    return [
        str(FOLDER / "shapes_trace"), f"--elf={FOLDER}/shapes_program.elf", f"--image={FOLDER}/shapes_program.bin",
        f"--pilot={FOLDER}/shapes.pilot.npz", f"--plan={FOLDER}/shapes_c_source/shapes.plan.json",
        f"--spec={FOLDER}/shapes.checked.yaml", "--timing=zero_wait", *more,
    ]  # fmt: skip


def test_the_trace_ends_with_the_sum():
    done = subprocess.run(_command("--function=shapes_run"), capture_output=True, text=True, check=True)
    *lines, last = done.stdout.splitlines()
    assert all("  shapes_run+0x" in line for line in lines[1:])
    instructions, cycles = (int(word.replace(",", "")) for word in last.split()[::2])
    assert cycles > instructions > len(lines)


def test_a_reader_that_leaves_early_sees_no_traceback():
    with subprocess.Popen(_command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().split()[0] == "total"
        process.stdout.close()
        assert process.stderr.read() == "" and process.wait() == 0


def test_a_window_that_does_not_exist_is_refused():
    done = subprocess.run(_command("--window=1000000"), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "shapes.pilot.npz: has no such window; got --window=1000000, want 0 to " in done.stderr
