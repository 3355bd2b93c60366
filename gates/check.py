"""One line of a verdict: what was measured, its limit, and the complaint when they disagree.

Purpose: judges return checks, the judge's runner prints their failures and the report prints them all, so
that the verdict and the report cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A judged figure; all fields are ready to print, units included.

    Attributes:
        what: the figure's name, such as `macro precision`.
        measured: its value.
        limit: what the spec asks of it, or `` when the figure is only reported.
        failure: the complaint, `<gate>: <fact>; got X, want Y. Fix: ...`; `` when the figure holds.
    """

    what: str
    measured: str
    limit: str = ""
    failure: str = ""


def at_least(gate: str, what: str, measured: float, minimum: float, fix: str) -> Check:
    """A figure that must reach `minimum`; both are dimensionless shares."""
    failure = ""
    if not measured >= minimum:
        failure = f"{gate}: {what} is too low; got {share(measured)}, want >= {share(minimum)}. Fix: {fix}"
    return Check(what, share(measured), f">= {share(minimum)}", failure)


def share(value: float) -> str:
    """A share as text: four digits, and more when rounding would hide on which side of a limit it is."""
    text = f"{value:.4f}"
    return text if float(text) == value else f"{value:.6f}".rstrip("0")


def failures(checks: Sequence[Check]) -> list[str]:
    """The complaints, in order."""
    return [check.failure for check in checks if check.failure]
