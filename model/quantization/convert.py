"""Full int8 quantization by TFLite's converter, and the int8 oracle.

Purpose: weights int8 per channel, activations int8 per tensor, int8 in and out (Jacob et al., "Quantization and training of
neural networks for efficient integer-arithmetic-only inference", CVPR 2018; TFLite's quantization specification).
`calibrate` folds a Keras model's batch normalization (TFLite's converter does it for a SavedModel) and makes a float .tflite with
the range of each tensor, `quantize` makes that int8. `Interpreter` runs either on TFLite's reference kernels, the oracle of every
later step.
The bytes depend on model and calibration windows only.
"""

import contextlib
import dataclasses
import io
import tempfile
from collections.abc import Iterator, Sequence

from model.quantization import keras_model, saved_model  # first: they choose the backend

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.python.convert import mlir_quantize

from firmware import windows as host_windows
from model.quantization import calibration as calibration_module
from model.quantization.fold_batch_norm import fold_batch_norm
from model.quantization.loops import refuse_loops
from model.quantization.reference_versions import for_reference_kernels
from tools.errors import UserError


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor of the interface: real = scale * (q - zero_point); of a float model, scale and zero point are 0."""

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


def convert(model: keras_model.Model | saved_model.SavedModel, calibration: np.ndarray, name: str) -> bytes:
    """The int8 .tflite of the model with batch 1; calibration is float32 [N, *input_shape]. UserError names the layer or
    operator that the converter refuses."""
    return quantize(calibrate(model, calibration, name), name)


def calibrate(model: keras_model.Model | saved_model.SavedModel, calibration: np.ndarray, name: str,
              ranges: Sequence[Sequence[float]] | None = None) -> bytes:
    """The float .tflite of the model with batch 1, and in it the range of each tensor: those that the windows cause, or the given ones
    (calibration.with_ranges). Arguments and errors as convert."""
    # The converter's own calibration only makes room for the ranges: one window will do.
    annotated = _annotated(model, calibration[:1], name)
    return calibration_module.with_ranges(annotated, ranges) if ranges else calibration_module.set_ranges(annotated, calibration)


def quantize(content: bytes, name: str) -> bytes:
    """The int8 .tflite of what `calibrate` made."""
    with _refusals(name):
        return _without_strays(mlir_quantize(content, input_data_type=tf.int8, output_data_type=tf.int8))


def _without_strays(content: bytes) -> bytes:
    """The .tflite with zeros in the buffers that nothing refers to: the converter leaves an LSTM's initial states there, in bytes that
    differ from run to run."""
    changed = bytearray(content)
    model = schema.Model.GetRootAs(changed, 0)
    graphs = map(model.Subgraphs, range(model.SubgraphsLength()))
    used = {graph.Tensors(index).Buffer() for graph in graphs for index in range(graph.TensorsLength())}
    used |= {model.Metadata(index).Buffer() for index in range(model.MetadataLength())}
    for index in set(range(model.BuffersLength())) - used:
        if model.Buffers(index).DataLength():
            model.Buffers(index).DataAsNumpy()[:] = 0  # a view of `changed`
    return bytes(changed)


def _annotated(model: keras_model.Model | saved_model.SavedModel, windows: np.ndarray, name: str) -> bytes:
    """The float .tflite with the ranges that TFLite's calibrator finds."""
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(model, saved_model.SavedModel):
            refuse_loops(model.function.graph, name)
            converter = model.converter()
        else:
            converter = _keras_converter(model, windows.shape[1:], folder, name)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([window[None]] for window in windows)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter._experimental_calibrate_only = True  # pylint: disable=protected-access (TFLite has no other way)
        with _refusals(name):
            return bytes(converter.convert())


@contextlib.contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Turns what the converter raises, its own class, RuntimeError or ValueError by the stage, into a UserError."""
    try:
        yield
    except Exception as error:
        raise UserError(f"{name}: cannot be quantized to int8; got {keras_model.reason(error)}, want layers that TFLite "
                        "has in int8. Fix: replace the layer.") from error


def _keras_converter(model: keras_model.Model, shape: tuple[int, ...], folder: str, name: str) -> tf.lite.TFLiteConverter:
    """The converter of a Keras model that takes windows of `shape`; works in `folder`. UserError for a loop."""
    # Batch 1 throughout: TFLite's own way from a Keras model leaves the batch open, and with it shape arithmetic in the graph.
    signature = tf.TensorSpec((1, *shape), tf.float32, name="window")
    folded = fold_batch_norm(model)
    archive = keras_model.library_of(model).export.ExportArchive()
    archive.track(folded)
    serve = tf.function(lambda window: folded(window, training=False), input_signature=[signature])
    refuse_loops(serve.get_concrete_function().graph, name)
    archive.add_endpoint("serve", serve)
    _write_out(archive, folder)
    return tf.lite.TFLiteConverter.from_saved_model(folder)


def _write_out(archive: object, folder: str) -> None:
    """Writes the SavedModel; Keras prints what it holds, which is noise here."""
    with contextlib.redirect_stdout(io.StringIO()):
        archive.write_out(folder)


class Interpreter:
    """An int8 or float .tflite on TFLite's reference kernels, one window at a time."""

    def __init__(self, content: bytes):
        self._interpreter = tf.lite.Interpreter(
            model_content=for_reference_kernels(content),
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
        self._interpreter.allocate_tensors()
        self.input = _tensor(self._interpreter.get_input_details()[0])
        self.output = _tensor(self._interpreter.get_output_details()[0])
        self._indices = (self._interpreter.get_input_details()[0]["index"],
                         self._interpreter.get_output_details()[0]["index"])

    def quantize(self, x: np.ndarray) -> np.ndarray:
        """x float32 [N, *input_shape] as int8, by the function that the host of the firmware uses."""
        return host_windows.quantize(x, self.input.scale, self.input.zero_point)

    def run(self, windows: np.ndarray) -> np.ndarray:
        """Scores [N, *output_shape] of windows [N, *input_shape], both of the model's type."""
        scores = np.empty((len(windows), *self.output.shape[1:]), self._interpreter.get_output_details()[0]["dtype"])
        for index, window in enumerate(windows):
            # A window is a sequence of its own, in the firmware, too: states begin at zero.
            self._interpreter.reset_all_variables()
            self._interpreter.set_tensor(self._indices[0], window[None])
            self._interpreter.invoke()
            scores[index] = self._interpreter.get_tensor(self._indices[1])[0]
        return scores


def _tensor(details: dict) -> Tensor:
    scale, zero_point = details["quantization"]
    return Tensor(details["name"], tuple(map(int, details["shape"])), float(scale), int(zero_point))
