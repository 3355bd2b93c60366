"""Quantizes a trained float network to full int8, or takes one that is int8 already.

Inputs: --spec (calibration_windows, classes), --model (.keras, .h5, the folder of a SavedModel, or a finished int8 .tflite),
--ranges (.json of our training: the ranges that its network was trained for, if any), --dataset (.npz: calibration from its x_train,
accuracy on its test part if it has one; a .tflite needs none).
Outputs: --output (.tflite) and --report (.json: float and int8 accuracy, scales, what was not measured).
Errors: UserError for a file that is no model, a wrong shape or broken data. Non-goals: training, int16, float fallback.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from model.quantization import convert, finished, float_model, keras_model  # first: they choose the backend

import numpy as np
from absl import flags, logging

from model import spec as spec_module
from model.data import dataset as dataset_module
from tools.errors import UserError, run

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_MODEL = flags.DEFINE_string("model", None, "trained model (.keras, .h5, SavedModel or .tflite)", required=True)
_DATASET = flags.DEFINE_string("dataset", None, "data set (.npz); a .tflite needs none")
_RANGES = flags.DEFINE_string("ranges", None, "ranges of the tensors (.json), instead of the windows'")
_OUTPUT = flags.DEFINE_string("output", None, "where the int8 model goes (.tflite)", required=True)
_REPORT = flags.DEFINE_string("report", None, "where accuracies and scales go (.json)", required=True)


def calibration_windows(x: np.ndarray, count: int, name: str) -> np.ndarray:
    """The first `count` of the training windows x (which are shuffled); UserError if there are fewer."""
    if len(x) < count:
        raise UserError(f"{name}: x_train: too few windows to calibrate; got {len(x)}, want {count}. "
                        "Fix: lower quantization.calibration_windows in the spec.")
    return x[:count]


def check_shapes(spec: spec_module.Spec, inputs: tuple[int, ...], outputs: tuple[int, ...], x: np.ndarray | None) -> None:
    """Refuses a model with the shapes `inputs` and `outputs` that do not fit the data's windows x or the spec's classes."""
    name = Path(_MODEL.value).name
    if x is not None and inputs != x.shape[1:]:
        raise UserError(f"{name}: wrong input shape; got {list(inputs)}, want {list(x.shape[1:])}, the windows of "
                        f"{Path(_DATASET.value).name}. Fix: use the data set that the model was trained on.")
    if outputs != (len(spec.classes),):
        raise UserError(f"{name}: wrong output shape; got {list(outputs)}, want [{len(spec.classes)}], one score per class "
                        f"of {Path(_SPEC.value).name}. Fix: correct `classes`.")


def report(interpreter: convert.Interpreter, floats: convert.Interpreter | None, test: dataset_module.Part | None) -> dict:
    """The scales of the interface, and the accuracy on the test part, of the float model too if there is one; what lacks its
    model or its windows is named under `not_measured`. Both run on reference kernels, whose bits are the same on every CPU."""
    measured = {"input": dataclasses.asdict(interpreter.input), "output": dataclasses.asdict(interpreter.output),
                "test_windows": 0 if test is None else len(test.y)}
    if test is not None:
        int8_classes = np.argmax(interpreter.run(interpreter.quantize(test.x)), axis=1)
        measured["int8_accuracy"] = round(float(np.mean(int8_classes == test.y)), 6)
        if floats is not None:
            float_classes = np.argmax(floats.run(test.x), axis=1)
            measured["agreement"] = round(float(np.mean(float_classes == int8_classes)), 6)
            measured["float_accuracy"] = round(float(np.mean(float_classes == test.y)), 6)
    missing = [name for name in ("agreement", "float_accuracy", "int8_accuracy") if name not in measured]
    return {**measured, "not_measured": missing} if missing else measured


def _summary(content: bytes, is_finished: bool, measured: dict) -> str:
    known = [f"{measured[f'{kind}_accuracy']:.4f} {kind}" for kind in ("float", "int8") if f"{kind}_accuracy" in measured]
    accuracy = f"accuracy {', '.join(known)}" if known else "accuracy not measured: no data set with x_test and y_test"
    return f"{'taken as it is' if is_finished else 'quantized'}: {len(content)} bytes, {accuracy}"


def _calibrated(spec: spec_module.Spec, x: np.ndarray | None) -> bytes:
    """The float .tflite of the flag's model, with the ranges of its tensors."""
    model = float_model.load(_MODEL.value)
    if x is None or spec.quantization is None:
        missing = "data set" if x is None else "section quantization in the spec"
        raise UserError(f"{model.name}: a float model must be calibrated; got no {missing}, want both. Fix: give `dataset` to "
                        f"edgeplug_network and quantization.calibration_windows to {Path(_SPEC.value).name}.")
    check_shapes(spec, model.input_shape, model.output_shape, x)
    calibration = calibration_windows(x, spec.quantization.calibration_windows, Path(_DATASET.value).name)
    ranges = json.loads(Path(_RANGES.value).read_text(encoding="utf-8"))["ranges"] if _RANGES.value else None
    return convert.calibrate(model.source, calibration, model.name, ranges)


def _finished(spec: spec_module.Spec, x: np.ndarray | None) -> bytes:
    """The int8 .tflite of the flag, checked."""
    if spec.quantization is not None:
        raise UserError(f"{Path(_SPEC.value).name}: quantization: {Path(_MODEL.value).name} is int8 already; got a section, "
                        "want none. Fix: remove it.")
    content = finished.load(_MODEL.value)
    try:
        ends = convert.Interpreter(content)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{Path(_MODEL.value).name}: TFLite refuses it; got {keras_model.reason(error)}, want a model that its "
                        "interpreter runs. Fix: export the .tflite again.") from error
    check_shapes(spec, ends.input.shape[1:], ends.output.shape[1:], x)
    return content


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)  # TensorFlow notes each file of its export
    spec = spec_module.load(_SPEC.value)
    x, test = dataset_module.load_calibration(_DATASET.value, len(spec.classes)) if _DATASET.value else (None, None)
    is_finished = Path(_MODEL.value).suffix == finished.SUFFIX
    calibrated = None if is_finished else _calibrated(spec, x)
    content = _finished(spec, x) if is_finished else convert.quantize(calibrated, Path(_MODEL.value).name)
    measured = report(convert.Interpreter(content), None if is_finished else convert.Interpreter(calibrated), test)
    Path(_OUTPUT.value).write_bytes(content)
    Path(_REPORT.value).write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(_summary(content, is_finished, measured), flush=True)


if __name__ == "__main__":
    run(main)
