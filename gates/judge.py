"""The test behind every gate: holds a measurement against the limits of the spec.

Inputs: --gate, --measurement (JSON), --spec (YAML). Output: exit 0 when all figures hold; else one complaint per
line on stderr and exit 1. With --expect_failure=REGEX the gate must fail, and a complaint must match: so it is
shown that a gate can fail. Non-goals: measuring; that is a cached action of its own.
"""

import re
import sys
from collections.abc import Callable
from typing import Any

from absl import flags

from gates import check, measurement
from gates.adversarial import judge as adversarial
from gates.precision import judge as precision
from gates.reproducibility import judge as reproducibility
from gates.size import judge as size
from gates.timing import judge as timing
from model import spec as model_spec
from tools import errors

Checks = Callable[[dict[str, Any], Any], tuple[check.Check, ...]]

# A new gate is one folder and one line.
GATES: dict[str, Checks] = {
    "adversarial": adversarial.checks,
    "precision": precision.checks,
    "reproducibility": reproducibility.checks,
    "size": size.checks,
    "timing": timing.checks,
}

# Gates whose limit is not a number that a spec could choose.
_WITHOUT_LIMITS = frozenset({"reproducibility"})


def checks_of(gate: str, measured: dict[str, Any], spec: Any) -> tuple[check.Check, ...]:
    """All checks of one gate.

    Raises:
        errors.UserError: no such gate, the spec doesn't declare it, or a figure is missing from the measurement.
    """
    if gate not in GATES:
        raise errors.UserError(f"judge: there is no such gate; got {gate!r}, want one of {', '.join(GATES)}. "
                               "Fix: correct --gate")
    if gate not in _WITHOUT_LIMITS and getattr(spec.gates, gate) is None:
        raise errors.UserError(f"{spec.name}: the spec declares no limits for this gate; got no gates.{gate}, want "
                               f"its limits. Fix: add gates.{gate} to the spec, or drop the gate from the network")
    try:
        return GATES[gate](measured, spec)
    except KeyError as error:
        raise errors.UserError(f"{gate}: the measurement is incomplete; got no {error}, want the output of "
                               f"//gates/{gate}:measure. Fix: build the measurement again") from error


def verdict(failures: list[str], expect_failure: str | None) -> tuple[int, str]:
    """Exit code and text for a gate's complaints.

    Args:
        failures: the complaints, none when the gate holds.
        expect_failure: None, or a regular expression that one complaint must match.
    """
    text = "\n".join(failures)
    if expect_failure is None:
        return (1, text) if failures else (0, "")
    if not failures:
        return 1, (f"judge: the gate held; got no failure, want one that matches {expect_failure!r}. "
                   "Fix: make the fixture worse, or mend the gate")
    if not any(re.search(expect_failure, failure) for failure in failures):
        return 1, (f"judge: the gate failed for another reason; got\n{text}\nwant a failure that matches "
                   f"{expect_failure!r}. Fix: mend the fixture or the expression")
    return 0, text


def _define_flags() -> None:
    flags.DEFINE_enum("gate", None, sorted(GATES), "the gate to judge", required=True)
    flags.DEFINE_string("measurement", None, "JSON of the gate's measure action", required=True)
    flags.DEFINE_string("spec", None, "YAML of the network; holds the limits", required=True)
    flags.DEFINE_string("expect_failure", None, "regular expression: the gate must fail with a complaint like it")


def main(_: list[str]) -> int:
    args = flags.FLAGS
    checks = checks_of(args.gate, measurement.read(args.measurement), model_spec.load(args.spec))
    for line in checks:
        limit = f" (limit {line.limit})" if line.limit else ""
        print(f"{'FAIL' if line.failure else 'ok  '} {line.what}: {line.measured}{limit}")
    code, text = verdict(check.failures(checks), args.expect_failure)
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
