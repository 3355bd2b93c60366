"""fold_pads: borders of real zeros become a convolution's own, all others stay, and no output changes."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.operators.window import Extent, Window
from cmsis.compiler.passes.fold_pads import fold_pads
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_models import random_int8

_CASES = [case for case in OPERATOR_CASES if case.name.endswith("_padded")]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_outputs_stay(case):
    folded = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        before = reader.read(case.make(rng), "padded")
        after = remove_dead_operators(fold_pads(before))
        value = random_int8(rng, before.tensors[before.inputs[0]].shape)
        np.testing.assert_array_equal(evaluate(after, value), evaluate(before, value), err_msg=f"seed {seed}")
        folded += len(after.operators) == 1
    assert 40 < folded < 100


def test_an_explicit_border_reaches_as_far_as_the_filter():
    """What Keras' ResNets and MobileNets begin with: ZeroPadding2D(((0, 1), (0, 1))) and a 3x3 filter by steps of 2."""
    window = Window(Extent(3, 3), Extent(2, 2), Extent(1, 1), same=False, after=Extent(1, 1))
    assert window.output(Extent(96, 96)) == Extent(48, 48) and window.padding(Extent(96, 96)) == Extent(0, 0)
    assert Window(Extent(1, 5), Extent(1, 2), Extent(1, 1), False, Extent(0, 2)).transposed().padding(Extent(9, 1)) == Extent(2, 0)
