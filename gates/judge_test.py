"""The judges' runner: verdicts, expected failures, incomplete measurements; one real run by command line."""

import json
import subprocess
import sys

import pytest

from gates import judge, measurement
from gates.testing import fixtures
from model import spec as model_spec
from tools.errors import UserError


@pytest.mark.parametrize("gate", sorted(judge.GATES))
def test_every_gate_has_a_good_fixture(gate):
    checks = judge.checks_of(gate, getattr(fixtures, gate)(), fixtures.spec())
    assert checks and not [check for check in checks if check.failure]


@pytest.mark.parametrize("gate", sorted(judge.GATES))
def test_an_empty_measurement_is_incomplete(gate):
    with pytest.raises(UserError, match=f"{gate}: the measurement is incomplete; got no "):
        judge.checks_of(gate, {}, fixtures.spec())


def test_a_gate_that_the_spec_does_not_declare_is_refused():
    spec = model_spec.load(fixtures.UNGATED_SPEC_PATH)
    with pytest.raises(UserError, match="ungated: the spec declares no limits for this gate; got no gates.size"):
        judge.checks_of("size", fixtures.size(), spec)
    assert judge.checks_of("reproducibility", fixtures.reproducibility(), spec)


def test_an_unknown_gate_is_refused():
    with pytest.raises(UserError, match="got 'speed', want one of adversarial, "):
        judge.checks_of("speed", {}, fixtures.spec())


def test_verdicts():
    assert judge.verdict([], None) == (0, "")
    assert judge.verdict(["size: too big"], None) == (1, "size: too big")
    assert judge.verdict(["size: too big"], "too b.g")[0] == 0


def test_an_expected_failure_that_stays_away_fails():
    code, text = judge.verdict([], "too big")
    assert code == 1 and "the gate held; got no failure, want one that matches 'too big'" in text


def test_an_expected_failure_for_another_reason_fails():
    code, text = judge.verdict(["size: too big"], "too slow")
    assert code == 1 and "failed for another reason; got\nsize: too big\nwant" in text


def _run(tmp_path, measured, *extra):
    path = tmp_path / "size.json"
    measurement.write(str(path), measured)
    return subprocess.run(
        [sys.executable, "-m", "gates.judge", "--gate=size", f"--measurement={path}", f"--spec={fixtures.SPEC_PATH}", *extra],
        capture_output=True, text=True, check=False)


def test_command_line(tmp_path):
    held = _run(tmp_path, fixtures.size())
    assert held.returncode == 0, held.stderr
    assert "ok   flash: 16,384 B (limit <= 16,384 B)" in held.stdout
    failed = _run(tmp_path, fixtures.size() | {"flash_bytes": 16385})
    assert failed.returncode == 1
    assert "size: flash 16,385 B exceeds 16,384 B by 1 B" in failed.stderr
    assert _run(tmp_path, fixtures.size() | {"flash_bytes": 16385}, "--expect_failure=by 1 B").returncode == 0


def test_a_broken_measurement_is_no_traceback(tmp_path):
    result = _run(tmp_path, {})
    assert result.returncode == 1 and "Traceback" not in result.stderr
    (tmp_path / "list.json").write_text(json.dumps([1]))
    with pytest.raises(UserError, match="is not a measurement; got a JSON list, want an object"):
        measurement.read(str(tmp_path / "list.json"))
    with pytest.raises(UserError, match="cannot be read; got No such file"):
        measurement.read(str(tmp_path / "none.json"))
    (tmp_path / "torn.json").write_text("{")
    with pytest.raises(UserError, match="is not JSON"):
        measurement.read(str(tmp_path / "torn.json"))
