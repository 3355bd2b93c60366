"""Measures precision: the image classifies the whole pilot set through its service, in the simulator.

Inputs: --spec, --image (.bin), --elf (its symbols), --tflite, --pilot (.npz), --plan (JSON); --noisy (.npz), windows
at the pilot set's least signal-to-noise ratio, if there are such; --exact, whether the linked
kernels promise TFLite's very scores. Output: JSON with confusion matrix, shares per class, and how far the scores are from
those of TFLite's reference kernels. Non-goals: the verdict (judge.py).
"""

from typing import Any

import numpy as np
from absl import flags

from gates import image as gated, measurement, windows
from gates.precision import metrics
from gates.precision.reference import Reference
from model import spec as model_spec
from model.data import dataset
from tools import errors


def measure(spec: model_spec.Spec, image: gated.BootedImage, reference: Reference, plan: gated.Plan,
            pilot: dataset.Part, exact: bool, noisy: dataset.Part | None = None) -> dict[str, Any]:
    """The measurement.

    Args:
        spec: the network's spec; its classes name the labels.
        image: the booted image.
        reference: the int8 model that it was compiled from.
        plan: the compiler's plan.
        pilot: windows float32 [N, ...] and labels [N].
        noisy: the same at the least signal-to-noise ratio.
        exact: whether equal scores are required.

    Raises:
        errors.UserError: a class without a window, or plan and model of different networks.
    """
    windows.require_all_classes(pilot.y, spec.classes)
    _require_same_input(plan, reference)
    quantized = plan.quantize(pilot.x)
    answers = image.classify(quantized)
    figures = metrics.metrics(metrics.confusion_matrix(pilot.y, answers.classes, len(spec.classes)))
    return {
        "accuracy": figures.accuracy,
        "confusion": figures.confusion,
        "macro_precision": figures.macro_precision,
        "macro_recall": figures.macro_recall,
        "per_class": {name: {"precision": precision, "recall": recall} for name, precision, recall
                      in zip(spec.classes, figures.class_precision, figures.class_recall)},
        "scores": {"exact_required": exact, **compare_scores(answers.scores, reference.scores(quantized))},
        "windows": len(pilot.y),
        **({} if noisy is None else {"noisy": _noisy(spec, image, plan, noisy)}),
    }


def _noisy(spec: model_spec.Spec, image: gated.BootedImage, plan: gated.Plan, part: dataset.Part) -> dict[str, Any]:
    classes = image.classify(plan.quantize(part.x)).classes
    figures = metrics.metrics(metrics.confusion_matrix(part.y, classes, len(spec.classes)))
    return {"confusion": figures.confusion, "macro_precision": figures.macro_precision, "macro_recall": figures.macro_recall,
            "windows": len(part.y)}


def compare_scores(got: np.ndarray, want: np.ndarray) -> dict[str, Any]:
    """How far int8 scores [N, classes] are from the reference's: windows that differ, largest difference, first one."""
    difference = np.abs(got.astype(np.int64) - want)
    differing = np.flatnonzero(difference.any(axis=1))
    first = None
    if len(differing):
        first = {"window": int(differing[0]), "got": got[differing[0]].tolist(), "want": want[differing[0]].tolist()}
    return {"differing_windows": len(differing), "first_difference": first,
            "largest_difference": int(difference.max(initial=0)), "windows": len(got)}


def _require_same_input(plan: gated.Plan, reference: Reference) -> None:
    scale, zero_point = reference.input_quantization
    if (np.float32(plan.input_scale), plan.input_zero_point) != (np.float32(scale), zero_point):
        raise errors.UserError(f"precision: plan and int8 model are of different networks; got input scale "
                               f"{plan.input_scale} and zero point {plan.input_zero_point}, want {scale} and {zero_point}. "
                               "Fix: compile this .tflite")


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to judge", required=True)
    flags.DEFINE_string("tflite", None, "int8 model that the image was compiled from", required=True)
    flags.DEFINE_string("pilot", None, ".npz with the pilot set", required=True)
    flags.DEFINE_string("noisy", None, ".npz with windows of the least signal-to-noise ratio")
    flags.DEFINE_string("elf", None, "the ELF that it was made from, for its symbols", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_bool("exact", True, "whether the linked kernels promise the scores of TFLite's reference kernels")
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    spec, plan = model_spec.load(args.spec), gated.read_plan(args.plan)
    pilot = dataset.load_pilot(args.pilot, len(spec.classes))
    noisy = dataset.load_pilot(args.noisy, len(spec.classes)) if args.noisy else None
    image = gated.BootedImage(gated.read_image(args.image), plan, spec.target, elf=gated.read_image(args.elf))
    measurement.write(args.output, measure(spec, image, Reference(args.tflite), plan, pilot, args.exact, noisy))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
