"""Generated C of random one-operator models, linked and run on the simulated core, against NumPy: loops around kernels, constants
and tables are as the operators say. oracle_test.py compares NumPy with TFLite.
"""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.lowering.choose import BALANCED, CMSIS_NN, Policy
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_look_ups import LOOK_UPS
from cmsis.testing.random_models import random_values
from tools.link.kit import read_kit
from tools.link.network_elf import NAME, compile_network, link_network
from tools.link.simulated_network import SimulatedNetwork

_INPUTS = 3


def _cases(names, policy, models):
    return [pytest.param(case, policy, models, id=f"{case.name}-{policy}") for case in OPERATOR_CASES if case.name.upper() in names]


_OTHERS = {case.name.upper() for case in OPERATOR_CASES} - set(LOOK_UPS)


@pytest.mark.parametrize(("case", "policy", "models"), (
    *_cases(_OTHERS, BALANCED, 5), *_cases(("ADD", "CONV_1D", "CONV_2D", "DEPTHWISE_CONV_2D", "SUB"), CMSIS_NN, 3),
    *_cases(LOOK_UPS, BALANCED, 2)))
def test_generated_c_equals_reference(case, policy, models):
    for seed in range(100, 100 + models):
        rng = np.random.default_rng(seed)
        model = case.make(rng)
        library = compile_network(model, policy=Policy(policy))
        evaluator = Evaluator(run_pipeline(reader.read(model, NAME)))
        network = SimulatedNetwork(link_network(read_kit(), library), library.plan)
        inputs = [[random_values(rng, tuple(end["shape"]), np.dtype(end["type"])) for end in network.inputs]
                  for _ in range(_INPUTS)]
        for values, found in zip(inputs, network.run(inputs)):
            for output, wanted in zip(found, evaluator.run(values), strict=True):
                np.testing.assert_array_equal(output, wanted.flatten(), err_msg=f"seed {seed}")
