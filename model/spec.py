"""The spec of one network: what it learns, what it must reach, where it runs.

Purpose: `load(path)` turns `<network>.yaml` into frozen dataclasses; every limit and every seed of a network lives there
and nowhere else. Optional sections: `data`, `architecture` and `training` (a network trained elsewhere has none) and each
gate (a missing one is not declared). Errors: tools.errors.UserError with file, dotted key, found, allowed.
"""

import dataclasses
import re
from pathlib import Path

from model.schema import Place, at_least, between, build, field, matching, one_of, read_yaml

TARGETS = ("stm32l476", "netduinoplus2")
_FRACTION = between(0, 1)
_COUNT = at_least(1)
_SEED = at_least(0)
_IDENTIFIER = matching("lower-case letters, digits and _, starting with a letter",
                       lambda text: re.fullmatch(r"[a-z][a-z0-9_]*", text) is not None)


@dataclasses.dataclass(frozen=True)
class Ranges:
    """Ranges [low, high] from which one part of the data draws its parameters uniformly; `_pu` is per unit of the declared
    RMS value, 1 turn is one period."""

    amplitude_pu: tuple[float, float] = field(between(0.5, 1.5))
    frequency_deviation_hz: tuple[float, float] = field(between(-5, 5))
    snr_db: tuple[float, float] = field(between(0, 120))
    dc_offset_pu: tuple[float, float] = field(between(-0.2, 0.2))
    interruption_level_pu: tuple[float, float] = field(between(0, 0.1))
    sag_level_pu: tuple[float, float] = field(between(0.1, 0.9))
    swell_level_pu: tuple[float, float] = field(between(1.1, 2.5))
    background_thd: tuple[float, float] = field(_FRACTION)
    harmonics_thd: tuple[float, float] = field(_FRACTION)
    oscillatory_peak_pu: tuple[float, float] = field(between(0, 8))
    oscillatory_hz: tuple[float, float] = field(between(100, 3000))
    oscillatory_decay_ms: tuple[float, float] = field(between(0.1, 50))
    impulsive_peak_pu: tuple[float, float] = field(between(0, 8))
    impulsive_rise_ms: tuple[float, float] = field(between(0.01, 1))
    impulsive_decay_ms: tuple[float, float] = field(between(0.05, 10))
    transient_onset_cycles: tuple[float, float] = field(between(0, 0.95))
    load_pu: tuple[float, float] = field(between(0, 2))
    load_angle_turns: tuple[float, float] = field(between(-0.25, 0.25))
    load_thd: tuple[float, float] = field(_FRACTION)


@dataclasses.dataclass(frozen=True)
class Split:
    """Windows of the training part and the fractions of them, per class, that are held out."""

    windows: int = field(at_least(10))
    seed: int = field(_SEED)
    validation_fraction: float = field(between(0.01, 0.5))
    test_fraction: float = field(between(0.01, 0.5))
    ranges: Ranges


@dataclasses.dataclass(frozen=True)
class Pilot:
    """The pilot set, never looked at while training or choosing."""

    windows: int = field(_COUNT)
    seed: int = field(_SEED)
    ranges: Ranges


@dataclasses.dataclass(frozen=True)
class Data:
    """The synthetic data sets of a network (model/data)."""

    generator: str = field(one_of("power_quality"))
    samples_per_cycle: int = field(between(16, 4096))
    full_scale_pu: float = field(between(1.5, 100))
    dataset: Split
    pilot: Pilot


@dataclasses.dataclass(frozen=True)
class Conv1D:
    """A 1-D convolution over time, padding 'same', with bias."""

    filters: int = field(_COUNT)
    kernel: int = field(_COUNT)
    stride: int = field(_COUNT)
    activation: str = field(one_of("relu", "linear"))
    kind: str = "conv1d"


@dataclasses.dataclass(frozen=True)
class MaxPool1D:
    """The maximum over `size` samples, without overlap, padding 'valid'."""

    size: int = field(at_least(2))
    kind: str = "max_pool"


@dataclasses.dataclass(frozen=True)
class AveragePool1D:
    """The mean over `size` samples, without overlap, padding 'valid'."""

    size: int = field(at_least(2))
    kind: str = "average_pool"


@dataclasses.dataclass(frozen=True)
class GlobalAveragePool:
    """The mean over time."""

    kind: str = "global_average_pool"


@dataclasses.dataclass(frozen=True)
class Flatten:
    """Time and channels in one axis."""

    kind: str = "flatten"


@dataclasses.dataclass(frozen=True)
class Dense:
    """A fully connected layer with bias."""

    units: int = field(_COUNT)
    activation: str = field(one_of("relu", "linear", "softmax"))
    kind: str = "dense"


Layer = Conv1D | MaxPool1D | AveragePool1D | GlobalAveragePool | Flatten | Dense


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Changes of training windows that keep the label: sign of both channels, added noise and offset, gain of the current."""

    flip: bool
    noise_pu: float = field(between(0, 0.1))
    dc_offset_pu: float = field(between(0, 0.1))
    current_gain: tuple[float, float] = field(between(0, 4))


@dataclasses.dataclass(frozen=True)
class Training:
    """Optimisation: Adam with a cosine schedule, early stopping on the validation loss. Smoothed labels keep logits small,
    which int8 steps of one scale for all logits need."""

    seed: int = field(_SEED)
    epochs: int = field(_COUNT)
    batch: int = field(_COUNT)
    learning_rate: float = field(between(1e-6, 1))
    label_smoothing: float = field(between(0, 0.5))
    patience: int = field(_COUNT)
    augmentation: Augmentation


@dataclasses.dataclass(frozen=True)
class Quantization:
    """Full int8 quantization; the calibration windows are training windows."""

    calibration_windows: int = field(_COUNT)


@dataclasses.dataclass(frozen=True)
class Precision:
    """Limits of the precision gate on the pilot set."""

    macro_precision_min: float = field(_FRACTION)
    class_precision_min: float = field(_FRACTION)
    macro_recall_min: float = field(_FRACTION)


@dataclasses.dataclass(frozen=True)
class Timing:
    """Limits of the timing gate: the worst of `windows` windows."""

    time_us_max: float = field(at_least(0))
    windows: int = field(_COUNT)


@dataclasses.dataclass(frozen=True)
class Size:
    """Limits of the size gate: the whole image, and static SRAM plus the stack's high-water mark."""

    flash_bytes_max: int = field(_COUNT)
    sram_bytes_max: int = field(_COUNT)


@dataclasses.dataclass(frozen=True)
class DeepXplore:
    """Joint gradient ascent for disagreement and neuron coverage."""

    seeds: int = field(_COUNT)
    steps: int = field(_COUNT)
    coverage_threshold: float = field(_FRACTION)
    coverage_min: float = field(_FRACTION)
    max_change_pu: float = field(between(0, 10))


@dataclasses.dataclass(frozen=True)
class Adversarial:
    """Limits of the adversarial gate; `robust_accuracy_min` has one entry per epsilon."""

    epsilons_pu: tuple[float, ...] = field(between(0, 10))
    windows: int = field(_COUNT)
    pgd_steps: int = field(_COUNT)
    robust_accuracy_min: tuple[float, ...] = field(_FRACTION)
    ensemble_epochs: int = field(_COUNT)
    deepxplore: DeepXplore


@dataclasses.dataclass(frozen=True)
class Gates:
    """The declared gates."""

    precision: Precision | None = None
    timing: Timing | None = None
    size: Size | None = None
    adversarial: Adversarial | None = None


@dataclasses.dataclass(frozen=True)
class Spec:
    """One network; `classes[label]` names a label."""

    name: str = field(_IDENTIFIER)
    target: str = field(one_of(*TARGETS))
    classes: tuple[str, ...] = field(_IDENTIFIER)
    quantization: Quantization
    gates: Gates
    data: Data | None = None
    architecture: tuple[Layer, ...] | None = None
    training: Training | None = None


def load(path: str | Path) -> Spec:
    """The validated spec in the file `path`."""
    root = Place(Path(path).name, "")
    spec = build(Spec, read_yaml(path), root)
    _check_classes(spec, root)
    _check_data(spec, root)
    _check_network(spec, root)
    _check_adversarial(spec, root)
    return spec


def _check_classes(spec: Spec, root: Place) -> None:
    if len(set(spec.classes)) != len(spec.classes) or len(spec.classes) < 2:
        raise root.child("classes").error("impossible value", list(spec.classes), "at least two different names")


def _check_data(spec: Spec, root: Place) -> None:
    if spec.data is None:
        return
    held_out = spec.data.dataset.validation_fraction + spec.data.dataset.test_fraction
    if held_out >= 0.9:
        raise root.child("data.dataset.test_fraction").error(
            "too little left for training", held_out, "validation_fraction + test_fraction below 0.9")
    if spec.data.dataset.seed == spec.data.pilot.seed:
        raise root.child("data.pilot.seed").error(
            "the pilot set shares its seed", spec.data.pilot.seed, "a seed other than data.dataset.seed")
    for part in ("dataset", "pilot"):
        ranges = getattr(spec.data, part).ranges
        if ranges.impulsive_rise_ms[1] >= ranges.impulsive_decay_ms[0]:
            raise root.child(f"data.{part}.ranges.impulsive_rise_ms").error(
                "an impulse rises slower than it decays", list(ranges.impulsive_rise_ms),
                f"a range below {ranges.impulsive_decay_ms[0]:g}, where impulsive_decay_ms begins")


def _check_network(spec: Spec, root: Place) -> None:
    if (spec.architecture is None) != (spec.training is None):
        missing = "architecture" if spec.architecture is None else "training"
        raise root.child(missing).error("missing key", None, "both architecture and training, or neither")
    if spec.architecture is None:
        return
    last = spec.architecture[-1]
    place = root.child(f"architecture.{len(spec.architecture) - 1}")
    if not isinstance(last, Dense) or last.activation != "softmax" or last.units != len(spec.classes):
        raise place.error("wrong last layer", last, f"dense, softmax, {len(spec.classes)} units (one per class)")
    flat = False
    for index, layer in enumerate(spec.architecture):
        flat_here = isinstance(layer, (GlobalAveragePool, Flatten))
        if isinstance(layer, Dense) != flat or (flat and flat_here):
            raise root.child(f"architecture.{index}").error(
                "layer in the wrong place", layer.kind, "dense after flatten or global_average_pool, others before")
        flat = flat or flat_here
        if isinstance(layer, Dense) and layer.activation == "softmax" and layer is not last:
            raise root.child(f"architecture.{index}.activation").error("softmax inside", "softmax", "relu or linear")


def _check_adversarial(spec: Spec, root: Place) -> None:
    gate = spec.gates.adversarial
    if gate is not None and len(gate.epsilons_pu) != len(gate.robust_accuracy_min):
        raise root.child("gates.adversarial.robust_accuracy_min").error(
            "wrong number of items", list(gate.robust_accuracy_min), f"{len(gate.epsilons_pu)}, one per epsilon")
