"""Judges a precision measurement: the shipped image finds the classes, and computes what the int8 model says."""

from typing import Any

from gates.check import Check, at_least, share

_RETRAIN = "improve the network or its data (see the measurement's confusion matrix), or lower the limit in the spec"


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """Checks of macro precision, precision of every class, macro recall, and exactness of the scores.

    Args:
        measurement: as gates/precision/measure.py writes it.
        spec: the network's spec; its `gates.precision` holds the limits.
    """
    limits = spec.gates.precision
    return (
        at_least("precision", "macro precision", measurement["macro_precision"], limits.macro_precision_min, _RETRAIN),
        *(at_least("precision", f"precision of {name}", figures["precision"], limits.class_precision_min, _RETRAIN)
          for name, figures in measurement["per_class"].items()),
        at_least("precision", "macro recall", measurement["macro_recall"], limits.macro_recall_min, _RETRAIN),
        *_noisy(measurement, limits.noisy_macro_precision_min),
        _exactness(measurement["scores"]),
    )


def _noisy(measurement: dict[str, Any], minimum: float | None) -> tuple[Check, ...]:
    """The macro precision at the least signal-to-noise ratio; a limit needs a measurement."""
    what = "macro precision at the least signal-to-noise ratio"
    if minimum is not None:
        return (at_least("precision", what, measurement["noisy"]["macro_precision"], minimum, _RETRAIN),)
    return (Check(what, share(measurement["noisy"]["macro_precision"])),) if "noisy" in measurement else ()


def _exactness(scores: dict[str, Any]) -> Check:
    differing, windows, largest = scores["differing_windows"], scores["windows"], scores["largest_difference"]
    text = f"{differing:,} of {windows:,} windows differ, by at most {largest}"
    if not scores["exact_required"]:
        return Check("scores against TFLite's reference kernels", text, "reported only: linked kernels")
    failure = ""
    if differing or not windows:
        first = scores["first_difference"]
        where = f"; first at window {first['window']}: got {first['got']}, want {first['want']}" if first else ""
        failure = (f"precision: scores are not those of TFLite's reference kernels; got {text}, want 0 differing"
                   f"{where}. Fix: compare kernel by kernel with bazel test //cmsis/...")
    return Check("scores against TFLite's reference kernels", text, "0 differing", failure)
