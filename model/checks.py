"""What no single key of a spec can say: that its sections fit together.

Purpose: `check(spec, root)` refuses a spec whose every key is allowed (schema.py) but that cannot work as a whole. Inputs: the
spec and its place. Errors: UserError with file, dotted key, found, allowed. Non-goals: a user's own data (see training).
"""

import dataclasses
import typing
from collections.abc import Iterator

from model.schema import Place

if typing.TYPE_CHECKING:  # spec.py imports this module
    from model.spec import Layer, Ranges, Spec

# The lower of the grids' frequencies is the one with the longer window, and so the fewer samples per second.
NOMINAL_HZ = (50.0, 60.0)
_POOLS = ("max_pool", "average_pool")
_FLATTENING = ("flatten", "global_average_pool")
# Sums of decimal numbers such as 0.045 + 0.01 are not exact.
_TOLERANCE = 1e-9


def check(spec: "Spec", root: Place) -> None:
    """UserError for the first contradiction in the spec."""
    _check_classes(spec, root)
    _check_network(spec, root)
    if spec.data is not None:
        _check_split(spec, root)
        for part in ("dataset", "pilot"):
            _check_ranges(spec, part, root.child(f"data.{part}.ranges"))
        _check_pilot(spec, root)
        _check_counts(spec, root)
    _check_adversarial(spec, root)


def pool_beyond_input(layers: "tuple[Layer, ...]", length: int) -> tuple[int, int] | None:
    """The index of the first pooling layer with fewer samples than its size, and their number; `length` samples go in."""
    return next(((index, before) for index, (layer, before) in enumerate(zip(layers, _lengths(layers, length)))
                 if layer.kind in _POOLS and layer.size > before), None)


def segments_with_a_rest(layers: "tuple[Layer, ...]", length: int) -> tuple[int, int] | None:
    """The index of the first `segments` layer whose size does not divide its samples, and their number; `length` samples go in."""
    return next(((index, before) for index, (layer, before) in enumerate(zip(layers, _lengths(layers, length)))
                 if layer.kind == "segments" and before % layer.size), None)


def _lengths(layers: "tuple[Layer, ...]", length: int) -> Iterator[int]:
    """The samples that reach each layer."""
    for layer in layers:
        yield length
        if layer.kind in _POOLS or layer.kind == "segments":
            length //= layer.size
        elif layer.kind == "conv1d":
            length = -(-length // layer.stride)


def _check_classes(spec: "Spec", root: Place) -> None:
    if len(set(spec.classes)) != len(spec.classes) or len(spec.classes) < 2:
        raise root.child("classes").error("impossible value", list(spec.classes), "at least two different names")


def _check_split(spec: "Spec", root: Place) -> None:
    held_out = spec.data.dataset.validation_fraction + spec.data.dataset.test_fraction
    if held_out >= 0.9:
        raise root.child("data.dataset.test_fraction").error(
            "too little left for training", held_out, "validation_fraction + test_fraction below 0.9")
    if spec.data.dataset.seed == spec.data.pilot.seed:
        raise root.child("data.pilot.seed").error(
            "the pilot set shares its seed", spec.data.pilot.seed, "a seed other than data.dataset.seed")


def _check_ranges(spec: "Spec", part: str, place: Place) -> None:
    """The ranges of one part against each other and against the sampling."""
    ranges, samples = getattr(spec.data, part).ranges, spec.data.samples_per_cycle
    if ranges.impulsive_rise_ms[1] >= ranges.impulsive_decay_ms[0]:
        raise place.child("impulsive_rise_ms").error(
            "an impulse rises slower than it decays", list(ranges.impulsive_rise_ms),
            f"a range below {ranges.impulsive_decay_ms[0]:g}, where impulsive_decay_ms begins")
    last_cycles = 1 - 1 / samples
    if ranges.transient_onset_cycles[1] >= last_cycles:
        raise place.child("transient_onset_cycles").error(
            "a transient begins after the last sample", list(ranges.transient_onset_cycles),
            f"a range below {last_cycles:g}, 1 - 1 / samples_per_cycle")
    nyquist_hz = samples * NOMINAL_HZ[0] / 2
    if ranges.oscillatory_hz[1] >= nyquist_hz:
        raise place.child("oscillatory_hz").error(
            "an oscillation is too fast for the sampling", list(ranges.oscillatory_hz),
            f"a range below {nyquist_hz:g}, half of samples_per_cycle times {NOMINAL_HZ[0]:g} Hz")


def _check_pilot(spec: "Spec", root: Place) -> None:
    """The pilot set must not be easier than training: each of its ranges holds training's, augmentation included."""
    for name, (low, high) in _trained_ranges(spec):
        pilot_low, pilot_high = getattr(spec.data.pilot.ranges, name)
        if pilot_low > low + _TOLERANCE or pilot_high < high - _TOLERANCE:
            raise root.child(f"data.pilot.ranges.{name}").error(
                "narrower than training with its augmentation", [pilot_low, pilot_high],
                f"a range that holds [{low:g}, {high:g}]")


def _trained_ranges(spec: "Spec") -> Iterator[tuple[str, tuple[float, float]]]:
    """What training sees of each parameter, as name and range."""
    ranges: "Ranges" = spec.data.dataset.ranges
    for item in dataclasses.fields(ranges):
        low, high = getattr(ranges, item.name)
        if spec.training is not None and item.name == "dc_offset_pu":
            added = spec.training.augmentation.dc_offset_pu
            low, high = low - added, high + added
        if spec.training is not None and item.name == "load_pu":
            least, most = spec.training.augmentation.current_gain
            low, high = low * least, high * most
        yield item.name, (low, high)


def _check_counts(spec: "Spec", root: Place) -> None:
    """Nothing may need more training windows than the split leaves (the rounding is that of model/data/generate.py)."""
    settings, classes = spec.data.dataset, len(spec.classes)
    windows = 0
    for index in range(classes):
        count = settings.windows // classes + (index < settings.windows % classes)
        windows += count - round(count * settings.test_fraction) - round(count * settings.validation_fraction)
    needs = []
    if spec.quantization is not None:
        needs.append(("quantization.calibration_windows", spec.quantization.calibration_windows))
    if spec.training is not None:
        needs.append(("training.batch", spec.training.batch))
    for key, needed in needs:
        if needed > windows:
            raise root.child(key).error("more windows than there are to train on", needed,
                                        f"at most {windows}, what the split of data.dataset.windows leaves")


def _check_network(spec: "Spec", root: Place) -> None:
    if (spec.architecture is None) != (spec.training is None):
        missing = "architecture" if spec.architecture is None else "training"
        raise root.child(missing).error("missing key", None, "both architecture and training, or neither")
    if spec.architecture is None:
        return
    if spec.quantization is None:
        raise root.child("quantization").error("missing key", None, "how to calibrate what is trained here")
    last = spec.architecture[-1]
    place = root.child(f"architecture.{len(spec.architecture) - 1}")
    if last.kind != "dense" or last.activation == "relu" or last.units != len(spec.classes):
        raise place.error("wrong last layer", last, f"dense, softmax or linear, {len(spec.classes)} units (one per class)")
    flat = segmented = False
    for index, layer in enumerate(spec.architecture):
        place = root.child(f"architecture.{index}")
        if layer.kind == "dense" and not (flat or segmented) or flat and layer.kind not in ("dense", "square"):
            raise place.error("layer in the wrong place", layer.kind,
                              "dense after segments, flatten or global_average_pool, others but square before the latter two")
        if layer.kind == "channel" and index:
            raise place.error("layer in the wrong place", layer.kind, "the channel of the input, in the first place")
        flat, segmented = flat or layer.kind in _FLATTENING, segmented or layer.kind == "segments"
        if layer.kind == "dense" and layer.activation == "softmax" and layer is not last:
            raise root.child(f"architecture.{index}.activation").error("softmax inside", "softmax", "relu or linear")
    if spec.data is None:
        return
    rest = segments_with_a_rest(spec.architecture, spec.data.samples_per_cycle)
    if rest is not None:
        index, length = rest
        raise root.child(f"architecture.{index}.size").error(
            "segments leave a rest", spec.architecture[index].size, f"a divisor of {length}, the samples that reach it")
    beyond = pool_beyond_input(spec.architecture, spec.data.samples_per_cycle)
    if beyond is not None:
        index, length = beyond
        raise root.child(f"architecture.{index}.size").error(
            "the pool is larger than its input", spec.architecture[index].size, f"at most {length}, the samples that reach it")


def _check_adversarial(spec: "Spec", root: Place) -> None:
    gate = spec.gates.adversarial
    if gate is None:
        return
    if len(gate.epsilons_pu) != len(gate.robust_accuracy_min):
        raise root.child("gates.adversarial.robust_accuracy_min").error(
            "wrong number of items", list(gate.robust_accuracy_min), f"{len(gate.epsilons_pu)}, one per epsilon")
    if spec.training is None:
        raise root.child("gates.adversarial").error(
            "nothing to train its ensemble from", "no architecture and training", "both sections, or no adversarial gate")
