"""Generated C on this machine, under AddressSanitizer and UBSan, against TFLite's reference kernels: equal to the bit and clean.

Once with the firmware's kernels (C stands in for the Cortex-M4's own instructions) and once with the plain ones.
"""

import contextlib
import dataclasses
import re

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.emitter import Library
from cmsis.compiler.lowering.choose import CMSIS_NN, SPEED, Policy
from cmsis.compiler.lowering.costs import Cost, LayerCosts
from cmsis.compiler.lowering.lower import label, options
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.m4 import find
from cmsis.testing.operator_cases import OPERATOR_CASES, OperatorCase
from cmsis.testing.random_models import fully_connected, random_values
from cmsis.testing.random_networks import pruned
from cmsis.testing.tflite_oracle import Oracle
from tools.errors import UserError
from tools.link.host_program import SanitizerError, run_on_host
from tools.link.kit import HOST_KIT, PLAIN_HOST_KIT, read_kit
from tools.link.network_elf import compile_network

_MODELS = 24
_INPUTS = 10
_NETWORK_INPUTS = 1000
_NETWORKS = ("row", "dense", "image", "pooled", "grouped", "wide", "heard", "branched", "unrolled_lstm", "unrolled_gru",
             "attentive")
_SRAM_BYTES = 1 << 20  # weights in SRAM are among the ways
_KITS = pytest.mark.parametrize("kit", (HOST_KIT, PLAIN_HOST_KIT), ids=("optimised", "plain"))


@_KITS
@pytest.mark.parametrize("case", (*OPERATOR_CASES, OperatorCase("pruned_network", pruned)), ids=lambda case: case.name)
def test_random_models_equal_tflite(kit, case):
    libraries, inputs, wanted = {}, {}, {}
    for seed in range(1000, 1000 + _MODELS):
        rng = np.random.default_rng(seed)
        model, name = case.make(rng), f"seed_{seed}"
        oracle = Oracle(model, case.reference)
        libraries[name] = _any_way(model, name, rng)
        inputs[name] = [[random_values(rng, shape, dtype) for shape, dtype in zip(oracle.input_shapes, oracle.input_types)]
                        for _ in range(_INPUTS)]
        wanted[name] = [oracle.run_all(values) for values in inputs[name]]
    _assert_equal(run_on_host(read_kit(kit), libraries, inputs), wanted)


@_KITS
@pytest.mark.parametrize("name", _NETWORKS)
def test_networks_equal_tflite(kit, name):
    model, rng = find(f"cmsis/testing/{name}.tflite").read_bytes(), np.random.default_rng(22)
    oracle = Oracle(model)
    inputs = [[random_values(rng, shape, dtype) for shape, dtype in zip(oracle.input_shapes, oracle.input_types)]
              for _ in range(_NETWORK_INPUTS)]
    found = run_on_host(read_kit(kit), {name: compile_network(model, name)}, {name: inputs})
    _assert_equal(found, {name: [oracle.run_all(values) for values in inputs]})


def _any_way(model: bytes, name: str, rng: np.random.Generator) -> Library:
    """The model's C, by plain calls of the public API or else with any kernel that the compiler knows for it."""
    if rng.random() < 0.25:
        with contextlib.suppress(UserError):  # of what Arm's library lacks
            return compile_network(model, name, policy=Policy(CMSIS_NN))
    graph, policy = run_pipeline(reader.read(model, name)), Policy(SPEED, sram_bytes=_SRAM_BYTES)
    ways = [(operator.layer, options(graph, operator, policy)) for operator in graph.operators]
    costs = tuple(LayerCosts(layer, tuple(Cost(label(graph, way), int(rng.integers(1000)), 0, 0, ()) for way in found))
                  for layer, found in ways if found)
    return compile_network(model, name, policy=policy, costs=costs)


def _assert_equal(found, wanted):
    assert found.keys() == wanted.keys()
    for name, inferences in wanted.items():
        for index, (values, expected) in enumerate(zip(found[name], inferences, strict=True)):
            for actual, one in zip(values, expected, strict=True):
                np.testing.assert_array_equal(actual, one.flatten(), err_msg=f"{name}, input {index}")


@pytest.mark.parametrize(("pattern", "replacement", "report"), (
    (r", output\)", ", output + 1)", "AddressSanitizer: heap-buffer-overflow"),
    (r" layer0_weights,", " layer0_weights + 9,", "ERROR: AddressSanitizer"),
    (r"(layer0_quant = \{\d+), -\d+", r"\1, -70", "runtime error: shift exponent"),
))
def test_what_is_wrong_is_found(pattern, replacement, report):
    model = fully_connected(np.random.default_rng(3))
    library = compile_network(model, "broken", policy=Policy(CMSIS_NN))
    source, count = re.subn(pattern, replacement, library.source)
    assert count == 1
    inputs = [[np.zeros(Oracle(model).input_shape, np.int8)]]
    with pytest.raises(SanitizerError, match=report):
        run_on_host(read_kit(HOST_KIT), {"broken": dataclasses.replace(library, source=source)}, {"broken": inputs})
