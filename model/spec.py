"""The spec of one network: what it learns, what it must reach, where it runs.

Purpose: `load(path)` turns `<network>.yaml` into frozen dataclasses; every limit and every seed of a network lives there
and nowhere else. Optional sections: `data`, `architecture` and `training` (a network trained elsewhere has none),
`quantization` (a finished int8 model has none) and each gate (a missing one is not declared).
Errors: tools.errors.UserError with file, dotted key, found, allowed.
"""

import dataclasses
import re
from pathlib import Path

from model import checks
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
    phase_jump_turns: tuple[float, float] = field(between(-0.5, 0.5))
    notch_depth: tuple[float, float] = field(_FRACTION)
    notch_width_turns: tuple[float, float] = field(between(0, 0.1))
    interharmonic_pu: tuple[float, float] = field(between(0, 0.2))
    interharmonic_order: tuple[float, float] = field(between(0, 50))
    ringing_pu: tuple[float, float] = field(between(0, 2))
    ringing_order: tuple[float, float] = field(between(0, 10))
    clip_pu: tuple[float, float] = field(between(1, 100))
    converter_bits: tuple[float, float] = field(between(4, 24))
    load_pu: tuple[float, float] = field(between(0, 2))
    load_angle_turns: tuple[float, float] = field(between(-0.25, 0.25))
    load_thd: tuple[float, float] = field(_FRACTION)
    fault_current_pu: tuple[float, float] = field(between(0, 100))


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
class Channel:
    """One channel of the input, by its index."""

    index: int = field(at_least(0))
    kind: str = "channel"


@dataclasses.dataclass(frozen=True)
class Segments:
    """Stretches of `size` samples, without overlap, each with all its channels in one row: a dense layer behind it has the same weights
    for each, as a convolution of such a stride has."""

    size: int = field(at_least(2))
    kind: str = "segments"


@dataclasses.dataclass(frozen=True)
class Square:
    """Each value times itself: behind a linear convolution the energy in the bands of its filters, whatever their phase."""

    kind: str = "square"


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


Layer = Channel | Segments | Square | Conv1D | MaxPool1D | AveragePool1D | GlobalAveragePool | Flatten | Dense


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
class Aware:
    """Quantization-aware training behind the float one (model/training/aware.py)."""

    epochs: int = field(_COUNT)
    learning_rate: float = field(between(1e-6, 1))


@dataclasses.dataclass(frozen=True)
class Quantization:
    """Full int8 quantization; the calibration windows are training windows. With `aware` the network that ships is the better one on
    the validation part, trained with int8 arithmetic or quantized after training."""

    calibration_windows: int = field(_COUNT)
    aware: Aware | None = None


@dataclasses.dataclass(frozen=True)
class Compiler:
    """How kernels are chosen (cmsis/compiler/lowering/choose.py); `flash_bytes` limits those of kernels and weights, `sram_bytes`
    those of weights that lie in SRAM."""

    policy: str = field(one_of("speed", "size", "balanced", "cmsis_nn"), default="balanced")
    flash_bytes: int | None = field(_COUNT, default=None)
    sram_bytes: int = field(at_least(0), default=0)


@dataclasses.dataclass(frozen=True)
class Precision:
    """Limits of the precision gate on the pilot set, and of the macro precision on windows of the pilot's least signal-to-noise ratio."""

    macro_precision_min: float = field(_FRACTION)
    class_precision_min: float = field(_FRACTION)
    macro_recall_min: float = field(_FRACTION)
    noisy_macro_precision_min: float | None = field(_FRACTION, default=None)


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
class Field:
    """Limits of the field gate on recordings, per window against the RMS rule (gates/field); `apart_max` is the share set apart."""

    macro_precision_min: float = field(_FRACTION)
    macro_recall_min: float = field(_FRACTION)
    apart_max: float = field(_FRACTION)


@dataclasses.dataclass(frozen=True)
class Gates:
    """The declared gates."""

    precision: Precision | None = None
    timing: Timing | None = None
    size: Size | None = None
    adversarial: Adversarial | None = None
    field: Field | None = None


@dataclasses.dataclass(frozen=True)
class Spec:
    """One network; `classes[label]` names a label."""

    name: str = field(_IDENTIFIER)
    target: str = field(one_of(*TARGETS))
    classes: tuple[str, ...] = field(_IDENTIFIER)
    gates: Gates
    quantization: Quantization | None = None
    data: Data | None = None
    architecture: tuple[Layer, ...] | None = None
    training: Training | None = None
    compiler: Compiler = dataclasses.field(default_factory=Compiler)


def load(path: str | Path) -> Spec:
    """The validated spec in the file `path`."""
    root = Place(Path(path).name, "")
    spec = build(Spec, read_yaml(path), root)
    checks.check(spec, root)
    return spec
