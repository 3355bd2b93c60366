"""fixed_shift: equals TFLite's rounding for every sum in the range, and says so when nothing does."""

import numpy as np
import pytest

from cmsis.compiler.fixed_point import Clamp, quantize_multiplier, requantize, requantize_once
from cmsis.compiler.lowering.fixed_shift import SHIFT, SUM_SHIFT, fixed_shift

_SEED = 7


def _outputs(found, sums, clamp):
    scaled = ((sums << SUM_SHIFT) * found.factor >> 32) + found.addend >> SHIFT
    return np.clip(np.clip(scaled, -128, 127), clamp.low, clamp.high)


def _wanted(multiplier, zero_point, sums, clamp):
    return np.clip(requantize(sums, multiplier.value, multiplier.shift) + zero_point, clamp.low, clamp.high)


def test_equals_rounding_twice_for_every_sum():
    rng = np.random.default_rng(_SEED)
    found_any = 0
    for case in range(60):
        multiplier = quantize_multiplier(2.0 ** rng.uniform(-11, -5))
        zero_point, low = int(rng.integers(-128, 100)), int(rng.choice((-128, 0)))
        clamp = Clamp(max(low, zero_point) if rng.random() < 0.7 else -128, int(rng.choice((127, 101))))
        lowest, highest = -int(rng.integers(1, 1 << 17)), int(rng.integers(1, 1 << 17))
        found = fixed_shift(multiplier, zero_point, clamp, lowest, highest)
        if found is None:
            continue
        found_any += 1
        sums = np.arange(lowest, highest + 1)
        np.testing.assert_array_equal(_outputs(found, sums, clamp), _wanted(multiplier, zero_point, sums, clamp),
                                      err_msg=f"seed {_SEED}, case {case}")
    assert found_any > 30, f"found too few; got {found_any} of 60, want more than 30"


@pytest.mark.parametrize("shift", [6, 8, 10, 12])
def test_equals_rounding_once_for_every_sum_by_shorter_shifts_too(shift):
    rng = np.random.default_rng(_SEED)
    found_any = 0
    for case in range(40):
        multiplier = quantize_multiplier(2.0 ** rng.uniform(-11, 6 - shift))
        zero_point, lowest, highest = int(rng.integers(-128, 100)), -int(rng.integers(1, 1 << 16)), int(rng.integers(1, 1 << 16))
        found = fixed_shift(multiplier, zero_point, Clamp(), lowest, highest, True, shift)
        if found is None:
            continue
        found_any += 1
        sums = np.arange(lowest, highest + 1)
        scaled = ((sums << SUM_SHIFT) * found.factor >> 32) + found.addend >> shift
        wanted = requantize_once(sums, multiplier.value, multiplier.shift) + zero_point
        np.testing.assert_array_equal(np.clip(scaled, -128, 127), np.clip(wanted, -128, 127), err_msg=f"seed {_SEED}, case {case}")
        assert 0 < found.factor < 1 << 31
    assert found_any > 20, f"found too few; got {found_any} of 40, want more than 20"


def test_finds_one_for_every_fused_relu_of_usual_size():
    rng = np.random.default_rng(_SEED)
    for _ in range(100):
        multiplier = quantize_multiplier(2.0 ** rng.uniform(-9, -5))
        assert fixed_shift(multiplier, -128, Clamp(), -(1 << 20), 1 << 20) is not None


def test_says_none_where_there_is_none():
    # Powers of two make ties: halves go away from zero on both sides, which no single addend does.
    assert fixed_shift(quantize_multiplier(2.0 ** -7), 0, Clamp(), -(1 << 15), 1 << 15) is None
    assert fixed_shift(quantize_multiplier(2.0), -128, Clamp(), -100, 100) is None
    assert fixed_shift(quantize_multiplier(0.0), -128, Clamp(), -100, 100) is None
