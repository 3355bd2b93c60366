"""The report: all gates of a network in one table, and the execution environments, as text (Markdown) and as JSON.

Inputs: --spec, --measurement=<gate>=<JSON>,...; any gate may be missing; --environment=<JSON>,... Outputs: --text, --json, which are
the same on every machine; --machine_text, with the lines of --machine_environment=<JSON>,..., which this machine may have or lack.
The lines are the judges' own checks, so the report cannot say anything else than the tests.
Non-goals: failing; a report of a failed gate is what one needs then.
"""

from collections.abc import Sequence
from typing import Any

from absl import flags

from gates import judge, measurement
from gates.check import Check
from gates.environments import judge as environment_judge
from model import spec as model_spec
from tools import errors

_HEADER = ("gate", "what", "measured", "limit", "verdict")


def report(spec: Any, measured: dict[str, dict[str, Any]], environments: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The report's JSON: the network's name, one row per check, gates in alphabetical order, and one per environment."""
    ran = [_environment(found) for found in environments]
    rows = []
    for gate in sorted(measured):
        rows += [_row(gate, check) for check in judge.checks_of(gate, measured[gate], spec)]
    modes = measured["adversarial"]["deepxplore"]["failure_modes"] if "adversarial" in measured else []
    return {"network": spec.name, "held": not any(row["verdict"] == "FAILED" for row in [*rows, *ran]), "rows": rows,
            "environments": ran, "failure_modes": modes}


def _row(gate: str, check: Check) -> dict[str, str]:
    verdict = "FAILED" if check.failure else "held" if check.limit else "reported"
    return {"gate": gate, "what": check.what, "measured": check.measured, "limit": check.limit, "verdict": verdict,
            "failure": check.failure}


def _environment(found: dict[str, Any]) -> dict[str, Any]:
    row = _row("environments", environment_judge.check(found))
    return {**row, "measurement": found, "verdict": "not run" if "not_run" in found else row["verdict"]}


def as_text(content: dict[str, Any]) -> str:
    """The report in Markdown: the table of checks, complaints, environments, and the failure modes that DeepXplore found."""
    rows = [tuple(row[column] for column in _HEADER) for row in content["rows"]]
    complaints = [f"- {row['failure']}" for row in [*content["rows"], *content["environments"]] if row["failure"]]
    lines = [f"# {content['network']}: {'all gates held' if content['held'] else 'a gate FAILED'}", "",
             *table(_HEADER, rows)]
    if complaints:
        lines += ["", *complaints]
    if content["environments"]:
        lines += ["", "## Execution environments", "", *(f"- {row['what']}: {row['measured']}" for row in content["environments"])]
    if content["failure_modes"]:
        lines += ["", "## Failure modes", "", "What physically possible changes made the sparring networks say, and the "
                  "image; changes are mean peaks in pu.", "", *failure_modes(content["failure_modes"])]
    return "\n".join(lines) + "\n"


def machine_text(environments: Sequence[dict[str, Any]]) -> str:
    """The lines of the environments that are this machine's own, with the complaint of one that differs."""
    rows = [_environment(found) for found in environments]
    return "".join(f"{row['what']}: {row['measured']}\n{row['failure'] and row['failure'] + chr(10)}" for row in rows)


def failure_modes(modes: list[dict[str, Any]]) -> list[str]:
    """The failure modes of gates/adversarial/measure.py as a table, one row per pair of classes."""
    kinds = sorted({kind for mode in modes for kind in mode["peak_change_pu"]})
    rows = [(mode["true"], mode["called"], str(mode["networks_wrong"]), str(mode["firmware_wrong"]),
             *(f"{mode['peak_change_pu'].get(kind, 0):.4f}" for kind in kinds)) for mode in modes]
    return table(("true class", "called", "by networks", "by the image", *kinds), rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table, columns aligned."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [header, *rows]]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


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
    flags.DEFINE_list("environment", [], "JSON of the measurement of an environment, comma-separated")
    flags.DEFINE_list("machine_environment", [], "the same of an environment that not every machine has, comma-separated")
    flags.DEFINE_string("machine_text", None, "text about those to write", required=True)
    flags.DEFINE_string("text", None, "Markdown to write", required=True)
    flags.DEFINE_string("json", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    environments = [measurement.read(path) for path in args.environment]
    content = report(model_spec.load(args.spec), parse_measurements(args.measurement), environments)
    measurement.write(args.json, content)
    measurement.write_text(args.text, as_text(content))
    measurement.write_text(args.machine_text, machine_text([measurement.read(path) for path in args.machine_environment]))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
