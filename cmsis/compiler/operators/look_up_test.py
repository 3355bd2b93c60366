"""Look-ups: what can't be a table is refused, and what a file states badly too. oracle_test.py compares the tables."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.operators.tanh_arithmetic import tanh
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


def _model(builtin, *, source=0.1, target=0.1, dtype="int8", options=None, shape=(1, 4)):
    values = (Value("input", shape, dtype, (source,), (3,)), Value("net/gate/x", (1, 4), "int8", (target,), (-3,)))
    return build(values, (Call(builtin, (0,), (1,), options),), (0,), (1,))


def _leaky(alpha):
    options = schema.LeakyReluOptionsT()
    options.alpha = alpha
    return options


_REFUSED = (
    (_model("LOGISTIC", target=1 / 128), "gate: LOGISTIC with an unusual output; got scale 0.0078125, want 1/256"),
    (_model("HARD_SWISH", target=0.1 / 128), "gate: HARD_SWISH enlarges too much; got scale 0.1"),
    (_model("HARD_SWISH", source=1e18, target=1e18), "gate: HARD_SWISH enlarges too much"),
    (_model("RELU", target=1e-9), "gate: RELU enlarges too much; got scale 0.1"),
    (_model("RELU6", source=1e18, target=1e-38), "gate: RELU6 enlarges too much"),
    (_model("QUANTIZE", target=1e-40), "gate: QUANTIZE enlarges too much"),
    (_model("LEAKY_RELU", options=_leaky(1e30)), "gate: LEAKY_RELU enlarges too much"),
    (_model("LEAKY_RELU", options=_leaky(np.nan)), "gate: alpha of LEAKY_RELU is no number; got nan"),
    (_model("TANH", shape=(1, 2, 2)), "gate: shape of TANH does not follow from its inputs; got [1, 4], want [1, 2, 2]"),
    (_model("TANH", target=1e-40), "gate: output steps of TANH are too fine"),
    (_model("QUANTIZE", dtype="float32"), "gate: QUANTIZE only from int8 to int8; got float32 in, want int8. Fix: set inference_input_type"),
)


@pytest.mark.parametrize(("model", "message"), _REFUSED, ids=range(len(_REFUSED)))
def test_refused(model, message):
    with pytest.raises(UserError) as caught:
        reader.read(model, "model")
    assert str(caught.value).startswith(message)
    assert "Fix: " in str(caught.value)


def test_activations_of_tiny_steps_saturate():
    operator = reader.read(_model("RELU6", source=1e-40, target=1e-40), "model").operators[0]
    assert set(np.frombuffer(operator.table, np.int8)) == set(range(-3, 122))


def test_tanh_is_that_of_real_numbers():
    x = np.concatenate([np.linspace(-12, 12, 4001), [0.0, 1.0, -1.0, 2.0 ** -30, np.inf, -np.inf]]).astype(np.float32)
    np.testing.assert_allclose(tanh(x), np.tanh(x.astype(np.float64)), rtol=3e-7)
