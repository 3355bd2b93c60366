"""The C that each operator emits: compiled and linked for the core, it computes what the compiler says.

kernels_functest.py calls the kernels by hand, on many more cases; here it is the generated arguments that are under test.
"""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_models import random_values
from tools.link.network_elf import NAME, compile_network, link_network, read_kit
from tools.link.simulated_network import SimulatedNetwork

_MODELS = 5
_INPUTS = 3


@pytest.mark.parametrize("case", OPERATOR_CASES, ids=lambda case: case.name)
def test_generated_code_computes_the_reference(case):
    for seed in range(_MODELS):
        rng = np.random.default_rng(seed)
        model = case.make(rng)
        graph = run_pipeline(reader.read(model, NAME))
        library = compile_network(model)
        network = SimulatedNetwork(link_network(read_kit(), library), library.plan)
        evaluator = Evaluator(graph)
        tensors = [graph.tensors[number] for number in graph.inputs]
        inputs = [[random_values(rng, tensor.shape, np.dtype(tensor.dtype.value)) for tensor in tensors]
                  for _ in range(_INPUTS)]
        for values, found in zip(inputs, network.run(inputs), strict=True):
            for actual, wanted in zip(found, evaluator.run(values), strict=True):
                np.testing.assert_array_equal(actual, wanted.flatten(), err_msg=f"seed {seed}")
