"""Quantizes a trained Keras model to full int8.

Inputs: --spec (calibration_windows, classes), --model (.keras or legacy .h5), --dataset (.npz: calibration from its x_train,
accuracy on its test part if it has one). Outputs: --output (.tflite) and --report (.json: float and int8 accuracy, scales,
what was not measured).
Errors: UserError for a file that is no model, a wrong shape or broken data. Non-goals: training, int16, float fallback.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from model.quantization import convert, keras_model  # first: they choose the backend

import numpy as np
from absl import flags, logging

from model import spec as spec_module
from model.data import dataset as dataset_module
from tools.errors import UserError, run

_SPEC = flags.DEFINE_string("spec", None, "spec of the network (.yaml)", required=True)
_MODEL = flags.DEFINE_string("model", None, "trained model (.keras or legacy .h5)", required=True)
_DATASET = flags.DEFINE_string("dataset", None, "data set (.npz)", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "where the int8 model goes (.tflite)", required=True)
_REPORT = flags.DEFINE_string("report", None, "where accuracies and scales go (.json)", required=True)


def calibration_windows(x: np.ndarray, count: int, name: str) -> np.ndarray:
    """The first `count` of the training windows x (which are shuffled); UserError if there are fewer."""
    if len(x) < count:
        raise UserError(f"{name}: x_train: too few windows to calibrate; got {len(x)}, want {count}. "
                        "Fix: lower quantization.calibration_windows in the spec.")
    return x[:count]


def check_shapes(spec: spec_module.Spec, model: keras_model.Model, x: np.ndarray) -> None:
    """Refuses a model that does not fit the data's windows x or the spec's classes."""
    name = Path(_MODEL.value).name
    wanted, found = x.shape[1:], keras_model.input_shape(model, name)
    if found != wanted:
        raise UserError(f"{name}: wrong input shape; got {list(found)}, want {list(wanted)}, the windows of "
                        f"{Path(_DATASET.value).name}. Fix: use the data set that the model was trained on.")
    outputs = tuple(model.outputs[0].shape[1:])
    if outputs != (len(spec.classes),):
        raise UserError(f"{name}: wrong output shape; got {list(outputs)}, want [{len(spec.classes)}], one score per class "
                        f"of {Path(_SPEC.value).name}. Fix: correct `classes`.")


def report(interpreter: convert.Interpreter, model: keras_model.Model, test: dataset_module.Part | None) -> dict:
    """Accuracy on the test part, float against int8, and the scales of the interface; without a test part, what that left
    unmeasured."""
    ends = {"input": dataclasses.asdict(interpreter.input), "output": dataclasses.asdict(interpreter.output)}
    if test is None:
        return {**ends, "not_measured": ["agreement", "float_accuracy", "int8_accuracy"], "test_windows": 0}
    float_classes = np.argmax(model.predict(test.x, batch_size=512, verbose=0), axis=1)
    int8_classes = np.argmax(interpreter.run(interpreter.quantize(test.x)), axis=1)
    return {
        **ends,
        "agreement": round(float(np.mean(float_classes == int8_classes)), 6),
        "float_accuracy": round(float(np.mean(float_classes == test.y)), 6),
        "int8_accuracy": round(float(np.mean(int8_classes == test.y)), 6),
        "test_windows": len(test.y),
    }


def _summary(content: bytes, measured: dict) -> str:
    accuracy = (f"accuracy {measured['float_accuracy']:.4f} float, {measured['int8_accuracy']:.4f} int8"
                if measured["test_windows"] else "accuracy not measured: the data set has no x_test and y_test")
    return f"quantized: {len(content)} bytes, {accuracy}"


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)  # TensorFlow notes each file of its export
    spec = spec_module.load(_SPEC.value)
    x, test = dataset_module.load_calibration(_DATASET.value, len(spec.classes))
    model = keras_model.load(_MODEL.value)
    check_shapes(spec, model, x)
    calibration = calibration_windows(x, spec.quantization.calibration_windows, Path(_DATASET.value).name)
    content = convert.convert(model, calibration, Path(_MODEL.value).name)
    measured = report(convert.Interpreter(content), model, test)
    Path(_OUTPUT.value).write_bytes(content)
    Path(_REPORT.value).write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(_summary(content, measured), flush=True)


if __name__ == "__main__":
    run(main)
