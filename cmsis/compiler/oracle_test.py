"""Each operator's NumPy reference against TFLite's reference kernels, on random models with edges: equal to the bit."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing import small_models
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_models import random_values
from cmsis.testing.tflite_oracle import Oracle

_MODELS = 300
_INPUTS = 4


@pytest.mark.parametrize("model", (small_models.network(), small_models.branches()), ids=("network", "branches"))
def test_network_equals_tflite(model):
    _compare(model, np.random.default_rng(5), 100, "seed 5")


@pytest.mark.parametrize("case", OPERATOR_CASES, ids=lambda case: case.name)
def test_reference_equals_tflite(case):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        _compare(case.make(rng), rng, _INPUTS, f"seed {seed}")


def _compare(model: bytes, rng: np.random.Generator, inputs: int, message: str) -> None:
    oracle, evaluator = Oracle(model), Evaluator(run_pipeline(reader.read(model, "model")))
    for _ in range(inputs):
        values = [random_values(rng, shape, dtype) for shape, dtype in zip(oracle.input_shapes, oracle.input_types)]
        for actual, expected in zip(evaluator.run(values), oracle.run_all(values), strict=True):
            assert actual.dtype == expected.dtype
            np.testing.assert_array_equal(actual, expected, err_msg=message)
