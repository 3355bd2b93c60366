"""Each operator's NumPy reference against TFLite's reference kernels, on random models with edges: equal to the bit."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_models import random_int8
from cmsis.testing.tflite_oracle import Oracle

_MODELS = 300
_INPUTS = 4


@pytest.mark.parametrize("case", OPERATOR_CASES, ids=lambda case: case.name)
def test_reference_equals_tflite(case):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        model = case.make(rng)
        oracle, graph = Oracle(model), run_pipeline(reader.read(model, case.name))
        for _ in range(_INPUTS):
            value = random_int8(rng, oracle.input_shape)
            np.testing.assert_array_equal(evaluate(graph, value), oracle.run(value), err_msg=f"seed {seed}")
