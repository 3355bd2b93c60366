"""Quantizes a trained Keras model to full int8.

Inputs: --spec (calibration_windows, classes), --model (.keras or legacy .h5), --dataset (.npz: calibration from its training
part, accuracy on its test part). Outputs: --output (.tflite) and --report (.json: float and int8 accuracy, scales).
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


def calibration_windows(part: dataset_module.Part, count: int, name: str) -> np.ndarray:
    """The first `count` windows of the training part (which is shuffled); UserError if it has fewer."""
    if len(part.x) < count:
        raise UserError(f"{name}: x_train: too few windows to calibrate; got {len(part.x)}, want {count}. "
                        "Fix: lower quantization.calibration_windows in the spec.")
    return part.x[:count]


def check_shapes(spec: spec_module.Spec, model: object, data: dataset_module.Dataset) -> None:
    """Refuses a model that does not fit the data's windows or the spec's classes."""
    name = Path(_MODEL.value).name
    wanted, found = data.train.x.shape[1:], keras_model.input_shape(model, name)
    if found != wanted:
        raise UserError(f"{name}: wrong input shape; got {list(found)}, want {list(wanted)}, the windows of "
                        f"{Path(_DATASET.value).name}. Fix: use the data set that the model was trained on.")
    outputs = tuple(model.outputs[0].shape[1:])
    if outputs != (len(spec.classes),):
        raise UserError(f"{name}: wrong output shape; got {list(outputs)}, want [{len(spec.classes)}], one score per class "
                        f"of {Path(_SPEC.value).name}. Fix: correct `classes`.")


def report(interpreter: convert.Interpreter, model: object, test: dataset_module.Part) -> dict:
    """Accuracy on the test part, float against int8, and the scales of the interface."""
    float_classes = np.argmax(model.predict(test.x, batch_size=512, verbose=0), axis=1)
    int8_classes = np.argmax(interpreter.run(interpreter.quantize(test.x)), axis=1)
    return {
        "agreement": round(float(np.mean(float_classes == int8_classes)), 6),
        "float_accuracy": round(float(np.mean(float_classes == test.y)), 6),
        "input": dataclasses.asdict(interpreter.input),
        "int8_accuracy": round(float(np.mean(int8_classes == test.y)), 6),
        "output": dataclasses.asdict(interpreter.output),
        "test_windows": len(test.y),
    }


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)  # TensorFlow notes each file of its export
    spec = spec_module.load(_SPEC.value)
    data = dataset_module.load_dataset(_DATASET.value, len(spec.classes))
    model = keras_model.load(_MODEL.value)
    check_shapes(spec, model, data)
    calibration = calibration_windows(data.train, spec.quantization.calibration_windows, Path(_DATASET.value).name)
    content = convert.convert(model, calibration, Path(_MODEL.value).name)
    measured = report(convert.Interpreter(content), model, data.test)
    Path(_OUTPUT.value).write_bytes(content)
    Path(_REPORT.value).write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"quantized: {len(content)} bytes, accuracy {measured['float_accuracy']:.4f} float, "
          f"{measured['int8_accuracy']:.4f} int8", flush=True)


if __name__ == "__main__":
    run(main)
