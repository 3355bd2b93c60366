"""The report: all gates of a network in one table, as text (Markdown) and as JSON.

Inputs: --spec, --measurement=<gate>=<JSON>,...; any gate may be missing. Outputs: --text, --json.
The lines are the judges' own checks, so the report cannot say anything else than the tests.
Non-goals: failing; a report of a failed gate is what one needs then.
"""

from typing import Any

from absl import flags

from gates import judge, measurement
from gates.check import Check
from model import spec as model_spec
from tools import errors

_HEADER = ("gate", "what", "measured", "limit", "verdict")


def report(spec: Any, measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The report's JSON: the network's name and one row per check, gates in alphabetical order."""
    rows = []
    for gate in sorted(measured):
        rows += [_row(gate, check) for check in judge.checks_of(gate, measured[gate], spec)]
    return {"network": spec.name, "held": not any(row["verdict"] == "FAILED" for row in rows), "rows": rows}


def _row(gate: str, check: Check) -> dict[str, str]:
    verdict = "FAILED" if check.failure else "held" if check.limit else "reported"
    return {"gate": gate, "what": check.what, "measured": check.measured, "limit": check.limit, "verdict": verdict,
            "failure": check.failure}


def as_text(content: dict[str, Any]) -> str:
    """The report as a Markdown table, columns aligned, and the complaints below it."""
    cells = [_HEADER, *(tuple(row[column] for column in _HEADER) for row in content["rows"])]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADER))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    complaints = [f"- {row['failure']}" for row in content["rows"] if row["failure"]]
    title = f"# {content['network']}: {'all gates held' if content['held'] else 'a gate FAILED'}"
    return "\n".join([title, "", *lines, *([""] + complaints if complaints else [])]) + "\n"


def parse_measurements(pairs: list[str]) -> dict[str, dict[str, Any]]:
    """Reads `gate=path` pairs.

    Raises:
        errors.UserError: a pair without `=`, or an unreadable measurement.
    """
    measured = {}
    for pair in pairs:
        gate, separator, path = pair.partition("=")
        if not separator:
            raise errors.UserError(f"report: a measurement needs its gate; got {pair!r}, want <gate>=<file>. "
                                   "Fix: correct --measurement")
        measured[gate] = measurement.read(path)
    return measured


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network; holds the limits", required=True)
    flags.DEFINE_list("measurement", [], "<gate>=<JSON of its measurement>, comma-separated")
    flags.DEFINE_string("text", None, "Markdown to write", required=True)
    flags.DEFINE_string("json", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    content = report(model_spec.load(args.spec), parse_measurements(args.measurement))
    measurement.write(args.json, content)
    measurement.write_text(args.text, as_text(content))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
