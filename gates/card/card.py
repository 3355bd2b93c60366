"""The model card of a network: purpose, data, figures and limits of use on one page (after Mitchell et al., Model Cards, FAT* 2019).

Inputs: --spec, --image (.bin), --elf, --plan, --precision, --size and --timing (the gates' measurements), --data (JSON reports of the generator and
of the data's quality), --statement (Markdown: purpose and limits of use in the words of the makers). Outputs: --text (Markdown), --json.
Every figure is measured, on the image; where the spec has a generator, along conditions too (sweep.py).
"""

import json
from pathlib import Path
from typing import Any

from absl import flags

from gates import image as gated, measurement
from gates.card import sweep
from model import spec as model_spec
from tools import errors

_UNSTATED = "Its makers have not stated purpose and limits of use (`edgeplug_network(statement = ...)`).\n"
_CONDITIONS = {"snr_db": "signal-to-noise ratio, dB", "frequency_deviation_hz": "deviation from 50 or 60 Hz, untracked, Hz",
               "samples_per_cycle": "samples per cycle of the recorder"}


def card(spec: Any, precision: dict[str, Any], size: dict[str, Any], timing: dict[str, Any], data: dict[str, Any], swept: dict[str, Any],
         statement: str) -> tuple[dict[str, Any], str]:
    """The card as JSON and as Markdown; `data` holds the reports by their name, `swept` is empty where there is no generator."""
    judged = timing["profiles"][timing["judged_profile"]]
    found = {"network": spec.name, "classes": list(spec.classes), "conditions": swept, "data": data, "precision": precision,
             "flash_bytes": size["flash_bytes"], "sram_bytes": size["sram_bytes"], "time_us": judged["time_us"]["max"],
             "profile": timing["judged_profile"]}
    text = [f"# Model card: {spec.name}", "", statement.strip() or _UNSTATED.strip(), "", "## Image", "",
            f"{size['flash_bytes']:,} B of flash, {size['sram_bytes']:,} B of SRAM with the deepest stack, {judged['time_us']['max']:.1f} us per "
            f"window at most (simulated, {timing['judged_profile']}).", "", *_data(data), *_classes(spec.classes, precision), *_noisy(precision),
            *_conditions(swept)]
    return found, "\n".join(text).rstrip() + "\n"


def _table(*rows: list[Any]) -> list[str]:
    header, *rest = (f"| {' | '.join(map(str, row))} |" for row in rows)
    return [header, f"| {' | '.join(['---'] * len(rows[0]))} |", *rest, ""]


def _data(reports: dict[str, Any]) -> list[str]:
    counted = {name: report["windows"] for name, report in reports.items() if "windows" in report}
    rows = [[name, part.removeprefix("y_") if part != "y" else "all", f"{sum(counts.values()):,}"]
            for name, parts in sorted(counted.items()) for part, counts in sorted(parts.items())]
    quality = [f"Checked: {report['duplicates']} duplicates, {report['leakage']} leaked windows, the rarest class at least "
               f"{min(report['balance'].values(), default=1.0):.2f} of the commonest." for report in reports.values() if "leakage" in report]
    return ["## Data", "", *(_table(["set", "part", "windows"], *rows) if rows else []), *quality, ""]


def _classes(classes: tuple[str, ...], precision: dict[str, Any]) -> list[str]:
    figures = [[name, f"{precision['per_class'][name]['precision']:.4f}", f"{precision['per_class'][name]['recall']:.4f}"] for name in classes]
    means = ["mean", f"{precision['macro_precision']:.4f}", f"{precision['macro_recall']:.4f}"]
    confusion = [[f"**{name}**", *(f"{count:,}" for count in row)] for name, row in zip(classes, precision["confusion"])]
    return [f"## Figures on {precision['windows']:,} pilot windows", "", *_table(["class", "precision", "recall"], *figures, means),
            "Confusion, the class by row and the answer by column:", "", *_table(["", *classes], *confusion)]


def _noisy(precision: dict[str, Any]) -> list[str]:
    if "noisy" not in precision:
        return []
    noisy = precision["noisy"]
    return [f"At the pilot set's least signal-to-noise ratio: macro precision {noisy['macro_precision']:.4f}, macro recall "
            f"{noisy['macro_recall']:.4f} on {noisy['windows']:,} windows.", ""]


def _conditions(swept: dict[str, Any]) -> list[str]:
    if not swept:
        return []
    lines = ["## Conditions", "", f"{sweep.WINDOWS:,} windows per row, all else as in the pilot set.", ""]
    for name, title in _CONDITIONS.items():
        rows = [[f"{point['at']:g}", f"{point['macro_precision']:.4f}", f"{point['macro_recall']:.4f}"] for point in swept[name]]
        lines += _table([title, "macro precision", "macro recall"], *rows)
    return lines


def _define_flags() -> None:
    for name, what in (("spec", "YAML of the network"), ("image", ".bin"), ("elf", "the ELF that it was made from"), ("plan", "JSON of the compiler"),
                       ("precision", "what the precision gate measured"), ("size", "what the size gate measured"),
                       ("timing", "what the timing gate measured"), ("text", "Markdown to write"), ("json", "JSON to write")):
        flags.DEFINE_string(name, None, what, required=True)
    flags.DEFINE_list("data", [], "JSON reports about the data")
    flags.DEFINE_string("statement", None, "Markdown: purpose and limits of use")


def main(_: list[str]) -> None:
    args = flags.FLAGS
    spec, plan = model_spec.load(args.spec), gated.read_plan(args.plan)
    image = gated.BootedImage(gated.read_image(args.image), plan, spec.target, elf=gated.read_image(args.elf))
    swept = sweep.sweep(spec.data, lambda x: image.classify(plan.quantize(x)).classes) if spec.data else {}
    data = {Path(path).name.split(".")[-2]: json.loads(Path(path).read_text(encoding="utf-8")) for path in args.data}
    statement = Path(args.statement).read_text(encoding="utf-8") if args.statement else ""
    found, text = card(spec, *(measurement.read(path) for path in (args.precision, args.size, args.timing)), data, swept, statement)
    measurement.write(args.json, found)
    measurement.write_text(args.text, text)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
