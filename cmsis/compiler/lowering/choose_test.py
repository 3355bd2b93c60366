"""choose: shared functions count once, policies differ, and the answer is exact where it can be compared with all choices."""

from itertools import product

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.lowering.choose import BALANCED, SIZE, SPEED, Policy, choose
from cmsis.compiler.lowering.costs import Cost, Function, LayerCosts, from_json
from cmsis.compiler.lowering.lower import lower
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing import small_models
from tools.errors import UserError

_FAST, _SMALL = (Function("fast", 900), Function("common", 100)), (Function("small", 300), Function("common", 100))


def _layer(fast_cycles: int, small_cycles: int) -> LayerCosts:
    return LayerCosts("layer", (Cost("fast", fast_cycles, 50, 0, _FAST), Cost("small", small_cycles, 40, 0, _SMALL)))


def test_shared_functions_count_once():
    choice = choose((_layer(100, 300), _layer(100, 300)), Policy(SPEED))
    assert (choice.options, choice.code_bytes, choice.flash_bytes) == ((0, 0), 1000, 1100)


def test_size_takes_one_kernel_for_all():
    assert choose((_layer(100, 300), _layer(100, 300)), Policy(SIZE)).options == (1, 1)


def test_balanced_pays_for_speed_only_where_it_gains():
    assert choose((_layer(100, 110),), Policy(BALANCED)).options == (1,)
    assert choose((_layer(100, 3000),), Policy(BALANCED)).options == (0,)


def test_the_fastest_that_fits_is_that_of_all_choices():
    rng = np.random.default_rng(5)
    functions = [Function(f"f{index}", int(rng.integers(50, 900))) for index in range(6)]
    for _ in range(20):
        costs = tuple(LayerCosts("layer", tuple(
            Cost(functions[entry].name, int(rng.integers(100, 5000)), 60, 0, (functions[entry], functions[int(rng.integers(6))]))
            for entry in rng.choice(6, 3, replace=False))) for _ in range(3))
        limit = int(rng.integers(800, 3000))
        fitting = [cycles for cycles, size in map(lambda picked: _total(costs, picked), product(range(3), repeat=3)) if size <= limit]
        if fitting:
            assert choose(costs, Policy(BALANCED, limit)).cycles == min(fitting)
        else:
            with pytest.raises(UserError, match="no choice of kernels fits the flash"):
                choose(costs, Policy(BALANCED, limit))


def test_sram_goes_where_it_saves_most():
    def layer(flash_cycles, sram_cycles):
        return LayerCosts("layer", (Cost("fast", flash_cycles, 80, 0, _FAST), Cost("fast in_sram", sram_cycles, 80, 70, _FAST)))

    costs = (layer(100, 90), layer(100, 50), layer(100, 120))
    assert choose(costs, Policy(SPEED)).options == (0, 0, 0)
    assert choose(costs, Policy(SPEED, sram_bytes=100)).options == (0, 1, 0)
    assert choose(costs, Policy(SPEED, sram_bytes=1000)).options == (1, 1, 0)


def _total(costs, picked) -> tuple[int, int]:
    chosen = [layer.options[index] for layer, index in zip(costs, picked)]
    code = {function for cost in chosen for function in cost.code}
    return sum(cost.cycles for cost in chosen), sum(f.size_bytes for f in code) + sum(cost.data_bytes for cost in chosen)


def test_costs_of_another_network_are_refused():
    graph = run_pipeline(reader.read(small_models.network(), "small"))
    with pytest.raises(UserError, match="small: the costs are of another network; .* Fix: measure again"):
        lower(graph, Policy(), (_layer(1, 2),))
    with pytest.raises(UserError, match="costs: can't be read; got KeyError"):
        from_json("{}")


@pytest.mark.parametrize("policy", (Policy(SIZE), Policy(BALANCED, 10_000)))
def test_few_bytes_need_costs(policy):
    graph = run_pipeline(reader.read(small_models.network(), "small"))
    with pytest.raises(UserError, match="small: a policy for few bytes needs what the kernels cost; got none, .* Fix: give --costs"):
        lower(graph, policy)
