"""fold_slices: a layer over every second value reads all of them, others stay, and no output changes."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.passes.fold_slices import fold_slices
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.testing.random_models import conv_2d_alternate, fully_connected_alternate, random_int8


@pytest.mark.parametrize("make", [conv_2d_alternate, fully_connected_alternate])
def test_outputs_and_macs_stay(make):
    folded = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        before = reader.read(make(rng), "alternate")
        after = remove_dead_operators(fold_slices(before))
        value = random_int8(rng, before.tensors[before.inputs[0]].shape)
        np.testing.assert_array_equal(evaluate(after, value), evaluate(before, value), err_msg=f"seed {seed}")
        assert after.operators[-1].macs(after) == before.operators[-1].macs(before)
        folded += after.operators[-1].alternate
    assert 60 < folded < 100
