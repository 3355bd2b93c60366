"""The fixed-point factor rounds like the real one, sum by sum, where the nearest factor does not."""

import numpy as np
import pytest

from cmsis.compiler.compiler import compile_model
from cmsis.compiler.exact_multiplier import exact_multiplier, round_real
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize_once
from cmsis.compiler.operators import fully_connected
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError

_FACTORS = 300
_LARGEST = 20000


def _outputs(x, multiplier):
    return np.clip(requantize_once(x, multiplier.value, multiplier.shift), -255, 255)


def test_real_factor_rounds_halves_away_from_zero():
    assert round_real(np.array([-3, -1, 1, 3]), 0.5).tolist() == [-2, -1, 1, 2]


@pytest.mark.parametrize("factor", (0.5, 0.25, 2.0**-9, 1.0, 3.0))
def test_ties_need_a_larger_value(factor):
    x = np.arange(-_LARGEST, _LARGEST + 1)
    expected = np.clip(round_real(x, factor), -255, 255)
    found = exact_multiplier(factor, (-_LARGEST, _LARGEST))
    np.testing.assert_array_equal(_outputs(x, found), expected)
    if factor < 1:
        assert not np.array_equal(_outputs(x, quantize_multiplier(factor)), expected)
        assert 0 < found.value - quantize_multiplier(factor).value < 1 << 18


def test_random_factors():
    seed = 3
    rng = np.random.default_rng(seed)
    x = np.arange(-_LARGEST, _LARGEST + 1)
    for factor in 2.0 ** rng.uniform(-14, 2, _FACTORS):
        found = exact_multiplier(factor, (-_LARGEST, _LARGEST))
        np.testing.assert_array_equal(_outputs(x, found), np.clip(round_real(x, factor), -255, 255),
                                      err_msg=f"seed {seed}, factor {factor}")


def test_factor_below_any_multiplier():
    assert exact_multiplier(2.0**-40, (-_LARGEST, _LARGEST)) == Multiplier(0, 0)


def test_none_where_sums_reach_the_precision_of_the_multiplier():
    factor = 1.6712513325303219e-06
    assert exact_multiplier(factor, (-1 << 29, 1 << 29)) is None
    assert exact_multiplier(factor, (-1 << 20, 1 << 20)) is not None


def test_only_sums_and_results_that_occur_count():
    factor = 1.6712513325303219e-06
    found = exact_multiplier(factor, (-1 << 29, 1 << 29), (-10, 30))
    x = np.arange(-10_000_000, 20_000_000, 997)
    np.testing.assert_array_equal(_outputs(x, found).clip(-10, 30), round_real(x, factor).clip(-10, 30))
    assert exact_multiplier(factor, (0, 1 << 24)) is not None


@pytest.fixture(name="model")
def _model():
    """Two units with sums that lie so far apart that no factor of 31 bits suits both."""
    most = (1 << 29) - 300
    values = (Value("input", (1, 1), "int8", (1.0,), (0,)), Value("weights", (2, 1), "int8", (1.0,), (0,), 0, np.array([[1], [1]])),
              Value("bias", (2,), "int32", data=np.array([most, -most])),
              Value("net/dense/MatMul", (1, 2), "int8", (600102.0,), (0,)))
    return build(values, (Call("FULLY_CONNECTED", (0, 1, 2), (3,), schema.FullyConnectedOptionsT()),), (0,), (3,))


def test_units_without_an_exact_multiplier_are_computed_again(model):
    source = compile_model(model, "small", ("a", "b"), "small.h").source
    assert "edgeplug_fully_connected_wide_s8(&layer0_wide, input, output)" in source and "layer0_wide_places[2]" in source


def test_units_without_any_multiplier_are_refused(model, monkeypatch):
    monkeypatch.setattr(fully_connected, "wide_multiplier", lambda *_: None)
    with pytest.raises(UserError, match="dense: no 63-bit multiplier rounds like TFLite; got factor 1.66.* for unit 0"):
        compile_model(model, "small", ("a", "b"), "small.h")
