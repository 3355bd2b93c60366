"""DEQUANTIZE and ARG_MAX: what they leave to the header, and what is refused; nothing reads what they write."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


def _dequantize(source: str = "int8", target: str = "float32", *behind: Call) -> bytes:
    values = (Value("input", (1, 4), source, (0.1,), (0,)), Value("net/real/x", (1, 4), target, (0.1,), (0,)),
              Value("net/last/x", (1, 4), "int8", (0.1,), (3,)))
    calls = (Call("DEQUANTIZE", (0,), (1,), schema.DequantizeOptionsT()), *behind)
    return build(values, calls, (0,), (2 if behind else 1,))


def _arg_max(axis=1, target: str = "int32", axis_type: str = "int32") -> bytes:
    options = schema.ArgMaxOptionsT()
    options.outputType = schema.TensorType.INT32
    values = (Value("input", (1, 4), "int8", (0.1,), (3,)), Value("axis", np.shape(axis), axis_type, (0.1,), (0,), data=np.array(axis)),
              Value("net/best/x", (1,), target, (0.1,), (3,)))
    return build(values, (Call("ARG_MAX", (0, 1), (2,), options),), (0,), (2,))


def test_headers_state_the_type():
    real = compile_model(_dequantize(), "real", ("a", "b", "c", "d"), "real.h")
    assert "int real_run(const real_t *self, const int8_t *input, float *output);" in real.header
    assert "edgeplug_dequantize_s8(input, 4, 0, 0.1f, output);" in real.source
    best = compile_model(_arg_max(-1), "best", ("a", "b", "c", "d"), "best.h")
    assert "int best_run(const best_t *self, const int8_t *input, int32_t *output);" in best.header
    assert "edgeplug_arg_max_s8(input, 1, 4, 1, 4, output);" in best.source


_REFUSED = (
    (_dequantize("int16"), "real: DEQUANTIZE only from int8 to float32; got int16 to float32"),
    (_dequantize("int8", "int8"), "real: DEQUANTIZE only from int8 to float32; got int8 to int8"),
    (_dequantize("int8", "float32", Call("RELU", (1,), (2,))), "last: tensor net/real/x of RELU is not int8; got float32"),
    (_arg_max(2), "best: ARG_MAX needs one axis of [1, 4] and an integer output; got [2] of int32 and int32 in a tensor of int32"),
    (_arg_max([0, 1]), "best: ARG_MAX needs one axis of [1, 4] and an integer output; got [0, 1] of int32"),
    (_arg_max(1, "int8"), "best: ARG_MAX needs one axis of [1, 4] and an integer output; got [1] of int32 and int32 in a tensor of int8"),
    (_arg_max(1, "int32", "int8"), "best: ARG_MAX needs one axis of [1, 4] and an integer output; got [1] of int8"),
    (_arg_max(1, "int64"), "best: ARG_MAX needs one axis of [1, 4] and an integer output; got [1] of int32 and int32 in a"),
    (_arg_max(1, "float32"), "best: tensor net/best/x of ARG_MAX is not int8; got float32, want int8 or int32 or int64"),
)


@pytest.mark.parametrize(("model", "message"), _REFUSED, ids=range(len(_REFUSED)))
def test_refused(model, message):
    with pytest.raises(UserError) as caught:
        reader.read(model, "model")
    assert str(caught.value).startswith(message)
    assert "Fix: " in str(caught.value)
