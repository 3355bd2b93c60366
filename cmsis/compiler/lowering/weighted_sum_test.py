"""edgeplug_weighted_sum_s8 is taken only where it gives TFLite's output for all pairs, and nearly always is."""

from dataclasses import replace

import numpy as np
import pytest

from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import Quantization
from cmsis.compiler.lowering.sum_factors import PAIRS
from cmsis.compiler.lowering.weighted_sum import factors_of
from cmsis.compiler.operators.add import Add, Sub
from cmsis.compiler.operators.binary import Scales

_SEED = 11
_NETWORKS = 60


def _scales(first, second, target):
    return Scales(*(Quantization((float(np.float32(scale)),), (zero_point,)) for scale, zero_point in (first, second, target)))


def _assert_equal(operator, scales, found):
    wanted = operator.combine(scales, *PAIRS).clip(operator.clamp.low, operator.clamp.high)
    np.testing.assert_array_equal(found.outputs(*PAIRS, operator.clamp), wanted)


@pytest.mark.parametrize("kind", (Add, Sub))
def test_scales_of_real_networks_nearly_all_have_factors(kind):
    rng = np.random.default_rng(_SEED)
    missing = 0
    for _ in range(_NETWORKS):
        first, second = rng.uniform(0.01, 0.1), rng.uniform(0.01, 0.1)
        target = max(first, second) * rng.uniform(0.8, 1.9)
        scales = _scales(*((scale, int(rng.integers(-128, 128))) for scale in (first, second, target)))
        operator = kind("sum", (0, 1), (2,), Clamp(*sorted(int(end) for end in rng.integers(-128, 128, 2))))
        found = factors_of(operator, scales)
        missing += found is None
        if found:
            _assert_equal(operator, scales, found)
    assert missing <= 1, f"seed {_SEED}: {missing} of {_NETWORKS} sums have no factors"


@pytest.mark.parametrize("zero_points", ((0, 0, 0), (127, 127, -128), (-128, 127, 127)))
def test_ties_round_away_from_zero(zero_points):
    scales = _scales(*zip((0.5, 0.5, 1.0), zero_points))
    operator = Add("sum", (0, 1), (2,), Clamp())
    _assert_equal(operator, scales, factors_of(operator, scales))


def test_steps_that_are_too_fine_have_none():
    scales = _scales((1.0, 0), (1.0, 0), (1.0, 0))
    assert factors_of(Add("sum", (0, 1), (2,), Clamp()), scales)
    finer = replace(scales, target=Quantization((1 / 16,), (0,)))
    assert factors_of(Add("sum", (0, 1), (2,), Clamp()), finer) is None
