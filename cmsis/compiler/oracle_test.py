"""Each operator's NumPy reference against TFLite's reference kernels, on random models with edges: equal to the bit."""

import flatbuffers
import numpy as np
import pytest
import tensorflow as tf

from cmsis.compiler import reader
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.operator_names import BUILTIN_OPERATORS, BUILTIN_VERSIONS
from cmsis.compiler.operators.registry import OPERATORS
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing import small_models
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_look_ups import LOOK_UPS, look_up
from cmsis.testing.random_models import random_values
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_oracle import Oracle
from cmsis.testing.tflite_schema import schema

_MODELS = 300
_INPUTS = 4
_REFERENCE_BEHIND = ("REVERSE_V2", "TILE")  # Operators whose last version only the other built-in kernels know.


@pytest.mark.parametrize("model", (small_models.network(), small_models.branches()), ids=("network", "branches"))
def test_network_equals_tflite(model):
    _compare(Oracle(model), model, np.random.default_rng(5), 100, "seed 5")


@pytest.mark.parametrize("case", OPERATOR_CASES, ids=lambda case: case.name)
def test_reference_equals_tflite(case):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        model = case.make(rng)
        _compare(Oracle(model, case.reference), model, rng, _INPUTS, f"seed {seed}")


def test_scales_of_a_matrix_product_multiply_in_float32():
    # 12 * 255 * 255 + 255 * 182 + 10 * 1 = 826,720 products lie so near to 54.5 steps that a factor in double rounds up.
    left, right = ([255] * 12 + tail for tail in ([255, 10], [182, 1]))
    values = (Value("left", (1, 1, 14), "int8", (0.016855420544743538,), (-128,)),
              Value("right", (1, 14, 1), "int8", (0.016504593193531036,), (-128,)),
              Value("product", (1, 1, 1), "int8", (4.219945430755615,), (-128,)))
    model = build(values, (Call("BATCH_MATMUL", (0, 1), (2,), schema.BatchMatMulOptionsT()),), (0, 1), (2,))
    inputs = [(np.array(side) - 128).astype(np.int8) for side in (left, right)]
    actual = Evaluator(run_pipeline(reader.read(model, "model"))).run(inputs)[0]
    assert actual.item() == Oracle(model).run_all(inputs)[0].item() == 54 - 128


@pytest.mark.parametrize("builtin", LOOK_UPS)
def test_table_equals_tflite(builtin):
    every_value = np.arange(-128, 128, dtype=np.int8)
    for seed in range(_MODELS):
        model = look_up(np.random.default_rng(seed), builtin, elements=256)
        actual = Evaluator(run_pipeline(reader.read(model, "model"))).run([every_value])[0]
        np.testing.assert_array_equal(actual, Oracle(model).run(every_value), err_msg=f"seed {seed}")


def _compare(oracle: Oracle, model: bytes, rng: np.random.Generator, inputs: int, message: str) -> None:
    evaluator = Evaluator(run_pipeline(reader.read(model, "model")))
    for _ in range(inputs):
        values = [random_values(rng, shape, dtype) for shape, dtype in zip(oracle.input_shapes, oracle.input_types)]
        for actual, expected in zip(evaluator.run(values), oracle.run_all(values), strict=True):
            assert actual.dtype == expected.dtype
            np.testing.assert_array_equal(actual, expected, err_msg=message)


def _knows(builtin: str, version: int) -> bool:
    """Whether TFLite finds an operator of that version; whatever else is wrong with the model does not matter."""
    model = schema.ModelT.InitFromPackedBuf(build((Value("a", (1,)),), (Call(builtin, (0,), (0,)),), (0,), (0,)))
    model.operatorCodes[0].version = version
    builder = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), b"TFL3")
    kernels = tf.lite.experimental.OpResolverType
    kernels = kernels.BUILTIN_WITHOUT_DEFAULT_DELEGATES if builtin in _REFERENCE_BEHIND else kernels.BUILTIN_REF
    try:
        tf.lite.Interpreter(model_content=bytes(builder.Output()), experimental_op_resolver_type=kernels)
    except (RuntimeError, ValueError) as error:
        return "Didn't find op" not in str(error)
    return True


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.builtin)
def test_versions_are_those_that_tflite_knows(operator):
    latest = BUILTIN_VERSIONS[BUILTIN_OPERATORS.index(operator.builtin)]
    assert [_knows(operator.builtin, version) for version in (latest, latest + 1)] == [True, False]
