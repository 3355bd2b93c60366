"""Costs of layers: every option is measured, the choice that they lead to is the linked network's, and the policies differ."""

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.evaluator import evaluate
from cmsis.compiler.lowering.choose import BALANCED, SIZE, SPEED, Policy, choose
from cmsis.compiler.lowering.costs import as_json, from_json
from cmsis.compiler.lowering.lower import options
from cmsis.compiler.pipeline import run_pipeline
from cmsis.costs.layers import measure_layers
from cmsis.testing import small_models
from tools.errors import UserError
from tools.link.flash_use import flash_use
from tools.link.kit import read_kit
from tools.link.network_elf import HEADER, NAME, link_network
from tools.link.simulated_network import SimulatedNetwork

_PROFILE = "zero_wait"
_CLASSES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def graph():
    return run_pipeline(reader.read(small_models.network(), NAME))


@pytest.fixture(scope="module")
def costs(graph):
    return measure_layers(graph, read_kit(), _PROFILE)


def test_every_option_costs_something(graph, costs):
    ways = [options(graph, operator, Policy()) for operator in graph.operators]
    assert [len(layer.options) for layer in costs] == [len(these) for these in ways if these]
    for layer in costs:
        assert all(cost.cycles > 0 and cost.data_bytes > 0 and cost.code for cost in layer.options)
        entries = {cost.label.split()[0] for cost in layer.options}
        assert entries <= {function.name for cost in layer.options for function in cost.code}


def test_they_are_the_same_when_measured_again(graph, costs):
    assert measure_layers(graph, read_kit(), _PROFILE) == costs
    assert from_json(as_json(_PROFILE, costs)) == costs


def test_the_choice_costs_what_the_network_takes(costs):
    choice = choose(costs, Policy(SPEED))
    library = compile_model(small_models.network(), NAME, _CLASSES, HEADER, Policy(SPEED), costs)
    elf = link_network(read_kit(), library)
    cycles = SimulatedNetwork(elf, library.plan).cycles(_PROFILE, [np.zeros(16, np.int8)])
    # Every layer's figure has a call of its own.
    assert 0 <= choice.cycles - cycles < 0.1 * choice.cycles + 100 * len(costs)
    use = flash_use(elf, library.source)
    assert abs(use.code_bytes + use.weights_bytes - choice.flash_bytes) < 0.1 * choice.flash_bytes


def test_weights_in_sram_wait_for_nothing(graph):
    policy = Policy(SPEED, sram_bytes=4096)
    costs = measure_layers(graph, read_kit(), "stm32l4r5_120mhz", policy)
    for layer in costs:
        by_label = {cost.label: cost for cost in layer.options}
        for label, cost in by_label.items():
            if label.endswith(" in_sram"):
                assert cost.cycles < by_label[label.removesuffix(" in_sram")].cycles and cost.sram_bytes > 0
    library = compile_model(small_models.network(), NAME, _CLASSES, HEADER, policy, costs)
    assert library.source.count("EDGEPLUG_IN_SRAM = {") >= 2
    network = SimulatedNetwork(link_network(read_kit(), library), library.plan)
    value = np.arange(16, dtype=np.int8)
    expected = evaluate(graph, value)
    np.testing.assert_array_equal(next(network.run([[value]]))[0], expected.flatten())


def test_the_fastest_that_fits(costs):
    fastest, smallest = choose(costs, Policy(SPEED)), choose(costs, Policy(SIZE))
    assert choose(costs, Policy(BALANCED, fastest.flash_bytes)).cycles == fastest.cycles
    assert choose(costs, Policy(BALANCED, smallest.flash_bytes)).flash_bytes == smallest.flash_bytes
    with pytest.raises(UserError, match=r"no choice of kernels fits the flash; got at least [\d,]+ bytes of kernels and weights"):
        choose(costs, Policy(BALANCED, smallest.flash_bytes - 1))


def test_a_layer_that_nothing_runs_is_named():
    overflowing = run_pipeline(reader.read(small_models.with_value(4, data=np.array([1 << 30, 0, 0])), NAME))
    with pytest.raises(UserError, match=r"^conv#2: sums of CONV_2D may overflow"):
        measure_layers(overflowing, read_kit(), _PROFILE)
