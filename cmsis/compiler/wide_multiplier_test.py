"""The 63-bit factor rounds like the double, sum by sum, and says where it can't."""

import numpy as np
import pytest

from cmsis.compiler.exact_multiplier import round_real
from cmsis.compiler.wide_multiplier import WideMultiplier, exact_short, wide_multiplier, widen

_FACTORS = 100
_SUMS = 20000
_LARGEST = (1 << 31) - 1
_FEW = (-1000, 1000)


def _saturated(x):
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def _sums_near_steps(rng, factor):
    """Sums next to those at which the output changes, on both sides."""
    outputs = rng.integers(-(1 << 15) - 3, (1 << 15) + 3, _SUMS)
    return np.clip(np.floor((outputs - 0.5) / factor) + rng.integers(-1, 3, _SUMS), -_LARGEST, _LARGEST).astype(np.int64)


@pytest.mark.parametrize("kind", ("any", "float32", "power of two"))
def test_rounds_like_the_double(kind):
    rng = np.random.default_rng(11)
    for exponent in rng.uniform(-15, 1, _FACTORS):
        factor = {"any": 2.0**exponent, "float32": float(np.float32(2.0**exponent)), "power of two": 2.0 ** round(exponent)}[kind]
        x = _sums_near_steps(rng, factor)
        found = wide_multiplier(factor, (-1 << 40, 1 << 40))
        np.testing.assert_array_equal(_saturated(found.scale(x)), _saturated(round_real(x, factor)), err_msg=f"factor {factor}")


def test_ties_below_zero_round_away():
    found = wide_multiplier(0.5, _FEW)
    assert found.scale(np.array([-3, -1, 1, 3])).tolist() == [-2, -1, 1, 2]
    assert widen(exact_short(0.3, _FEW)).scale(np.array([5])) == 2  # 1.5 in double


def test_short_factor_only_where_it_is_exact():
    assert exact_short(0.5, _FEW) is None  # -1 / 2 would round to 0
    found = exact_short(0.3, (-100, 100))
    assert widen(found) == WideMultiplier(found.value, 0, 31 - found.shift)


def test_sums_beyond_32_bits_must_be_saturated():
    assert wide_multiplier(2.0**-17, (0, 1 << 30)) is not None
    assert wide_multiplier(2.0**-17, (0, 1 << 32)) is None
    assert wide_multiplier(2.0**-17, (-1 << 32, 0)) is None
    assert wide_multiplier(2.0**-15, (-1 << 40, 1 << 40)) is not None
