"""What an operator's reader refuses: a message that names the layer, what was found and what helps."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


@dataclass(frozen=True)
class _Model:
    """One operator: `values` in order, `call`, and which value is the network's input; the last one is its output."""

    values: tuple[Value, ...]
    call: Call
    source: int = 0

    def changed(self, index: int, **changes) -> "_Model":
        values = list(self.values)
        values[index] = replace(values[index], **changes)
        return replace(self, values=tuple(values))

    def file(self) -> bytes:
        return build(self.values, (self.call,), (self.source,), (len(self.values) - 1,))


def _transpose_conv() -> _Model:
    options = schema.TransposeConvOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.SAME, 2, 2
    return _Model((
        Value("input", (1, 2, 2, 3), "int8", (0.5,), (3,)),
        Value("kernel", (4, 3, 3, 3), "int8", (0.1,), (0,), 0, np.arange(108) % 7 - 3),
        Value("shape", (4,), "int32", data=np.array((1, 4, 3, 4))),
        Value("net/up/output", (1, 4, 3, 4), "int8", (0.5,), (0,)),
    ), Call("TRANSPOSE_CONV", (2, 1, 0), (3,), options))


def _batch_matmul(adjoint_left: bool = False) -> _Model:
    options = schema.BatchMatMulOptionsT()
    options.adjX = adjoint_left
    left = (1, 3, 4, 2) if adjoint_left else (1, 3, 2, 4)
    return _Model((
        Value("input", left, "int8", (0.5,), (3,)),
        Value("other", (1, 3, 4, 5), "int8", (0.1,), (-7,), 0, np.arange(60) % 7 - 3),
        Value("net/product/output", (1, 3, 2, 5), "int8", (0.5,), (0,)),
    ), Call("BATCH_MATMUL", (0, 1), (2,), options))


def _wide(builtin: str, weights: tuple[int, ...], source: tuple[int, ...], target: tuple[int, ...], options) -> _Model:
    return _Model((
        Value("input", source, "int16", (0.001,), (0,)),
        Value("kernel", weights, "int8", (0.1,), (0,), 0, np.ones(weights)),
        Value("bias", (weights[0],), "int64", (0.0001,), (0,), 0, np.ones(weights[0])),
        Value("net/wide/output", target, "int16", (0.001,), (0,)),
    ), Call(builtin, (0, 1, 2), (3,), options))


def _conv_2d_s16() -> _Model:
    options = schema.Conv2DOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.VALID, 1, 1
    options.dilationWFactor = options.dilationHFactor = 1
    return _wide("CONV_2D", (5, 2, 2, 3), (1, 4, 4, 3), (1, 3, 3, 5), options)


def _fully_connected_s16() -> _Model:
    return _wide("FULLY_CONNECTED", (5, 3), (1, 3), (1, 5), schema.FullyConnectedOptionsT())


def _svdf() -> _Model:
    options = schema.SVDFOptionsT()
    options.rank, options.fusedActivationFunction = 2, schema.ActivationFunctionType.RELU
    return _Model((
        Value("input", (1, 3), "int8", (0.1,), (3,)),
        Value("feature", (4, 3), "int8", (0.1,), (0,), 0, np.ones((4, 3))),
        Value("time", (4, 5), "int16", (0.1,), (0,), 0, np.ones((4, 5))),
        Value("bias", (2,), "int32", (0.01,), (0,), 0, np.ones(2)),
        Value("state", (1, 20), "int16", (0.1,), (0,), state=True),
        Value("net/heard/output", (1, 2), "int8", (0.5,), (0,)),
    ), Call("SVDF", (0, 1, 2, 3, 4), (5,), options))


def _with_activation(number: int) -> _Model:
    model = _svdf()
    model.call.options.fusedActivationFunction = number
    return model


def _lstm(**inputs: int) -> _Model:
    """`inputs` puts tensors where the operator has none, or -1 for none, as in9=1."""
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction, options.cellClip = schema.ActivationFunctionType.TANH, 10.0
    values = (
        Value("input", (1, 2, 3), "int8", (0.1,), (3,)),
        *(Value("weights", (4, 3), "int8", (0.01,), (0,), 0, np.ones((4, 3))) for _ in range(4)),
        *(Value("recurrent", (4, 4), "int8", (0.01,), (0,), 0, np.ones((4, 4))) for _ in range(4)),
        *(Value("bias", (4,), "int32", (0.001,), (0,), 0, np.ones(4)) for _ in range(4)),
        Value("hidden", (1, 4), "int8", (0.01,), (5,), state=True),
        Value("cell", (1, 4), "int16", (2.0**-11,), (0,), state=True),
        *(Value(f"gate {gate}", (0,), "float32") for gate in range(4)),
        Value("product", (0,), "int8", (0.01,), (5,)),
        Value("net/lstm/output", (1, 2, 4), "int8", (0.01,), (5,)),
    )
    numbers = [*range(9), -1, -1, -1, *range(9, 13), -1, -1, 13, 14, -1, -1, -1, -1]
    for name, number in inputs.items():
        numbers[int(name.removeprefix("in"))] = number
    return _Model(values, Call("UNIDIRECTIONAL_SEQUENCE_LSTM", tuple(numbers), (20,), options, (15, 16, 17, 18, 19)))


def _called(model: _Model, **changes) -> _Model:
    return replace(model, call=replace(model.call, **changes))


def _fill(extents: np.ndarray | None = None, **value) -> _Model:
    like = {"dtype": "int8", "scales": (0.5,), "zero_points": (3,)}
    return _Model((Value("input", (1, 2), **like), Value("extents", (2,), "int32", data=extents),
                   Value("value", **{"shape": (), "data": np.array(1), **like, **value}), Value("net/fill/output", (1, 2), **like)),
                  Call("FILL", (1, 2), (3,), schema.FillOptionsT()))


def _reverse(*axes: int) -> _Model:
    like = {"dtype": "int8", "scales": (0.5,), "zero_points": (3,)}
    return _Model((Value("input", (1, 2, 3, 4), **like), Value("axes", (len(axes),), "int32", data=np.array(axes)),
                   Value("net/back/output", (1, 2, 3, 4), **like)), Call("REVERSE_V2", (0, 1), (2,), schema.ReverseV2OptionsT()))


_GOOD = (_transpose_conv(), _batch_matmul(), _batch_matmul(adjoint_left=True), _conv_2d_s16(),
         _fully_connected_s16(), _svdf(), _lstm(), _reverse(1, 2))

_BAD = (
    (_transpose_conv().changed(1, shape=(3, 3, 3, 4)), "up: weights do not fit; got [3, 3, 3, 4] from [1, 2, 2, 3]"),
    (_transpose_conv().changed(2, data=np.array((1, 4, 4, 4))),
     "up: shape of the output does not fit the input; got [1, 4, 4, 4]"),
    (_transpose_conv().changed(3, shape=(1, 9, 3, 4)), "up: shape of the output does not fit the input"),
    (_transpose_conv().changed(1, zero_points=(1,)), "up: weights of TRANSPOSE_CONV must be symmetric int8"),
    (_transpose_conv().changed(1, data=None), "up: input 1 of TRANSPOSE_CONV must be constant"),
    (_transpose_conv().changed(0, shape=(2, 2, 3)), "up: TRANSPOSE_CONV needs one image"),
    (replace(_transpose_conv(), call=Call("TRANSPOSE_CONV", (2, 1), (3,))), "up: TRANSPOSE_CONV lacks input 2"),
    (_batch_matmul().changed(1, shape=(1, 3, 5, 4)), "product: BATCH_MATMUL of shapes that do not fit; got [1, 3, 2, 4] and"),
    (_batch_matmul().changed(1, shape=(1, 2, 4, 5), data=np.zeros(40)), "product: BATCH_MATMUL of shapes that do not fit"),
    (_batch_matmul().changed(1, shape=(1, 1, 3, 4, 5)), "want 2 to 4 dimensions with equal inner extents"),
    (_batch_matmul().changed(2, shape=(1, 3, 5, 2)), "product: shape of BATCH_MATMUL does not follow from its inputs"),
    (_fill(np.array([1, 2]), scales=(0.25,)), "fill: FILL must keep type and quantization; got"),
    (_fill(np.array([1, 2]), shape=(2,), data=np.ones(2)), "fill: FILL wants extents and one value; got (2,) and (2,), want"),
    (_reverse(1, 3), "back: REVERSE_V2 reverses axes that follow each other; got [1, 3], want one or neighbours"),
    (_reverse(4), "back: axis of REVERSE_V2 is outside the shape; got 4, want -4 to 3"),
    (_svdf().changed(4, state=False), "heard: input 4 of SVDF must be a state; got state, which is none"),
    (_svdf().changed(4, dtype="int8"),
     "heard: types of SVDF do not fit; got feature weights, time weights, state and bias of int8, int16, int8, int32, want int8,"),
    (_svdf().changed(2, dtype="int8"), "heard: types of SVDF do not fit; got"),
    (_svdf().changed(2, zero_points=(1,)), "heard: types of SVDF do not fit; got"),
    (_svdf().changed(2, shape=(5, 4)), "heard: shapes of SVDF do not fit; got input, feature weights, time weights, state and"),
    (_svdf().changed(3, shape=(4,), data=np.ones(4)), "want [1, I], [F, I], [F, M], [1, F * M] and [F / rank]. Fix: use batch"),
    (_svdf().changed(0, shape=(1, 4)), "heard: shapes of SVDF do not fit"),
    (_svdf().changed(1, data=None), "heard: input 1 of SVDF must be constant"),
    (_with_activation(0), "heard: activation of SVDF is not supported; got number 0, want relu"),
    (_lstm(in9=9), "lstm: LSTM variant is not supported; got peepholes, want none"),
    (_lstm(in16=5), "lstm: LSTM variant is not supported; got a projection, want none"),
    (_lstm(in21=9), "lstm: LSTM variant is not supported; got layer normalisation, want none"),
    (_lstm(in1=-1), "lstm: LSTM variant is not supported; got coupled input and forget gates, want both"),
    (_lstm(in18=0), "lstm: input 18 of UNIDIRECTIONAL_SEQUENCE_LSTM must be a state; got input, which is none"),
    (_lstm(in3=-1), "lstm: UNIDIRECTIONAL_SEQUENCE_LSTM lacks input 3"),
    (_lstm().changed(13, shape=(1, 5)), "lstm: shape of LSTM's input 1 does not fit; got [4, 3], want [5, 3]"),
    (_lstm().changed(0, shape=(1, 6)), "lstm: LSTM needs one sequence; got input [1, 6], want [1, steps, values]"),
    (_lstm().changed(14, scales=(0.001,)), "lstm: scale of LSTM's cell state does not fit; got 0.001"),
    (_lstm().changed(14, scales=(2.0**-8,)), "want a power of two from 2^-15 to 2^-9. Fix: calibrate"),
    (_lstm().changed(14, dtype="int8"), "lstm: type of LSTM's input 19 does not fit; got int8 with"),
    (_lstm().changed(2, zero_points=(1,)), "lstm: type of LSTM's input 2 does not fit; got int8 with"),
    (_lstm().changed(6, data=None), "lstm: input 6 of UNIDIRECTIONAL_SEQUENCE_LSTM must be constant"),
    (_lstm().changed(19, dtype="int16"), "lstm: LSTM lacks the quantization of its hidden state; got 5 intermediate tensors"),
    (_called(_lstm(), intermediates=(15, 16, 17, 18, 19, -1)),
     "lstm: LSTM lacks the quantization of its hidden state; got 6 intermediate tensors"),
    (_called(_lstm(), intermediates=(15, 16, 17, 18, 19, 99)), "_SEQUENCE_LSTM name a tensor that does not exist; got 99"),
    (_called(_lstm(), inputs=(0, 1)), "lstm: LSTM lacks inputs; got 2, want 24"),
    (_called(_lstm(), inputs=(15, *_lstm().call.inputs[1:])), "gate 0: dynamic or empty shape; got [0]"),
    (_called(_lstm(), options=schema.UnidirectionalSequenceLSTMOptionsT()),
     "lstm: activation of LSTM is not supported; got number 0, want tanh"),
    *((model.changed(0, zero_points=(1,)), "wide: tensor input of " + model.call.builtin + " must be int16 with one scale; got")
      for model in (_conv_2d_s16(), _fully_connected_s16())),
    *((model.changed(3, dtype="int8"), "wide: tensor net/wide/output of " + model.call.builtin + " must be int16 with one scale")
      for model in (_conv_2d_s16(), _fully_connected_s16())),
    *((model.changed(2, dtype="int32"),
       "wide: bias of " + model.call.builtin + " does not fit; got 5 values of int32, want 5 of int64")
      for model in (_conv_2d_s16(), _fully_connected_s16())),
    (_fully_connected_s16().changed(1, shape=(5, 2), data=np.ones(10)), "wide: weights do not fit the input; got [5, 2]"),
    (_conv_2d_s16().changed(1, shape=(5, 2, 2, 2), data=np.ones(40)), "wide: weights do not fit the input; got [5, 2, 2, 2]"),
    (_batch_matmul(True).changed(1, shape=(1, 1, 4, 5), data=np.zeros(20)),
     "product: BATCH_MATMUL of a transposed left input by one right input for several batches; got [1, 3, 4, 2]"),
)


@pytest.mark.parametrize("model", _GOOD, ids=lambda model: model.call.builtin)
def test_what_the_others_differ_from_is_accepted(model):
    run_pipeline(reader.read(model.file(), "network"))


@pytest.mark.parametrize(("model", "message"), (
    (_batch_matmul().changed(2, scales=(0.000001,)), "product: sums of BATCH_MATMUL may overflow; got up to"),
    (_conv_2d_s16().changed(3, scales=(1e-7,)), "wide: sums of CONV_2D may overflow; got up to 393217 times 2^10"),
    (_conv_2d_s16().changed(2, data=np.full(5, 1 << 50)), "wide: sums of CONV_2D may overflow; got up to 1125899907235840"),
    (_fully_connected_s16().changed(3, scales=(100.0,)).changed(2, data=np.full(5, 1 << 40)),
     "wide: no 63-bit multiplier rounds like TFLite; got factor"),
    (_svdf().changed(0, scales=(1e15,)).changed(1, scales=(1e15,)), "heard: scales of SVDF do not fit; got a factor of"),
    (_batch_matmul().changed(0, scales=(1e15,)).changed(1, scales=(1e15,)), "product: scales of BATCH_MATMUL do not fit; got a"),
    (_lstm().changed(0, scales=(1e15,)).changed(1, scales=(1e15,)), "lstm: scales of UNIDIRECTIONAL_SEQUENCE_LSTM do not fit"),
), ids=range(7))
def test_sums_and_factors_that_overflow(model, message):
    classes = tuple(f"class_{index}" for index in range(math.prod(model.values[-1].shape)))
    with pytest.raises(UserError) as caught:
        compile_model(model.file(), "network", classes, "network.h")
    assert message in str(caught.value) and "Fix: " in str(caught.value)


@pytest.mark.parametrize(("model", "message"), _BAD, ids=range(len(_BAD)))
def test_refusal(model, message):
    with pytest.raises(UserError) as caught:
        run_pipeline(reader.read(model.file(), "network"))
    assert message in str(caught.value)
    assert "Fix: " in str(caught.value) and "; got " in str(caught.value)
