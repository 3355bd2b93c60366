"""Judges a field measurement by the limits of a spec."""

from typing import Any

from gates.check import Check, at_least, share
from model.spec import Field

_FIX = "look at the confusion matrix per recording; make the generator (model/data) more like what is missed"


def checks(measurement: dict[str, Any], limits: Field) -> tuple[Check, ...]:
    """Checks of macro precision, macro recall and of how much was set apart; the baseline is reported."""
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
        Check("RMS baseline", f"macro precision {share(baseline['macro_precision'])}, macro recall {share(baseline['macro_recall'])}"),
    )
