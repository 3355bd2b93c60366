"""Judges a field measurement by the limits of a spec."""

from collections import Counter
from typing import Any

from gates.check import Check, at_least, share
from model.spec import Field

_FIX = "look at the confusion matrix per recording; make the generator (model/data) more like what is missed"


def checks(measurement: dict[str, Any], limits: Field) -> tuple[Check, ...]:
    """Checks of macro precision, macro recall, of how much was set apart, and of the detector's events; the baseline is reported."""
    found, baseline = measurement["network"], measurement["baseline"]
    apart = measurement["apart_share"]
    failure = ""
    if not apart <= limits.apart_max:
        failure = (f"field: too many windows set apart; got {share(apart)}, want <= {share(limits.apart_max)}. Fix: judge recordings with more "
                   "than ringing and thresholds in them")
    return (
        at_least("field", "macro precision", found["macro_precision"], limits.macro_precision_min, _FIX),
        at_least("field", "macro recall", found["macro_recall"], limits.macro_recall_min, _FIX),
        Check("windows set apart", f"{share(apart)}: {measurement['near']:,} near a threshold, {measurement['ringing']:,} ringing, of "
              f"{measurement['windows']:,}", f"<= {share(limits.apart_max)}", failure),
        *_events(measurement["events"]),
        Check("RMS baseline", f"macro precision {share(baseline['macro_precision'])}, macro recall {share(baseline['macro_recall'])}"),
    )


def _events(found: dict[str, Any]) -> tuple[Check, ...]:
    """Every event of the rule has to be found, and none invented."""
    missed, invented = found["missed"], found["invented"]
    fix = "Fix: firmware/detector.c"
    misses = f"field: events are missed; got {len(missed)}, the first {_shown(missed[0])}, want none. {fix}" if missed else ""
    inventions = f"field: events are invented; got {len(invented)}, the first {_shown(invented[0])}, want none. {fix}" if invented else ""
    shapes = Counter(row[2] for row in found["shapes"])
    return (
        Check("events found", f"{found['found']} of {found['rule']}", "all", misses),
        Check("events invented", str(len(invented)), "none", inventions),
        Check("events of another kind", ", ".join(f"{count} {kind}" for kind, count in sorted(shapes.items())) or "none"),
    )


def _shown(row: list[Any]) -> str:
    recording, channel, kind, start, end, residual_pu = row
    return f"{recording}, {channel}: {kind} of {residual_pu:.3f} pu from sample {start} {'on' if end is None else f'to {end}'}"
