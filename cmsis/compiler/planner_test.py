"""The planner against its independent check, and the check against bad plans."""

from dataclasses import replace

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.pipeline import run_pipeline
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import ReplayError, replay
from cmsis.testing import small_models
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.tflite_builder import Call, Value, build
from tools.errors import UserError


def _graph(model: bytes = small_models.network()):
    return run_pipeline(reader.read(model, "small"))


def _lower_bound(plan) -> int:
    return max(sum(place.size_bytes for place in plan.places if place.first <= step <= place.last)
               for step in range(len(plan.steps)))


def test_views_and_callers_buffers_take_no_place():
    plan = plan_memory(_graph())
    assert [(place.name, place.size_bytes, place.first, place.last) for place in plan.places] == [
        ("conv#2 scratch", 36, 0, 0), ("conv#2", 12, 0, 1), ("dense scratch", 24, 1, 1), ("dense", 4, 1, 2)]


def test_arena_is_as_small_as_can_be():
    plan = plan_memory(_graph())
    assert plan.arena_bytes <= 1.05 * _lower_bound(plan)


@pytest.mark.parametrize("case", OPERATOR_CASES, ids=lambda case: case.name)
def test_plans_of_random_models_replay(case):
    for seed in range(20):
        graph = _graph(case.make(np.random.default_rng(seed)))
        replay(graph, plan_memory(graph))


def test_a_branch_lives_until_its_last_reader():
    graph = _graph(small_models.branches())
    plan = plan_memory(graph)
    replay(graph, plan)
    assert [(place.first, place.last) for place in plan.places if place.name == "trunk"] == [(0, 3)]


@pytest.mark.parametrize(("victim", "thief", "message"), (
    ("other scratch", "trunk", "score: twins/trunk/MatMul before step 2 uses it: overwritten"),
    ("trunk scratch", "trunk", "trunk scratch of step 0: overwritten"),
))
def test_replay_finds_an_overlap(victim, thief, message):
    graph = _graph(small_models.branches())
    plan = plan_memory(graph)
    offset = next(place.offset for place in plan.places if place.name == thief)
    crammed = tuple(replace(place, offset=offset) if place.name == victim else place for place in plan.places)
    with pytest.raises(ReplayError, match=message):
        replay(graph, replace(plan, places=crammed))


@pytest.mark.parametrize("offset", (2, 4096, -4))
def test_replay_finds_a_place_outside(offset):
    graph = _graph()
    plan = plan_memory(graph)
    moved = replace(plan, places=(replace(plan.places[0], offset=offset), *plan.places[1:]))
    with pytest.raises(ReplayError, match="unaligned or leaves the arena"):
        replay(graph, moved)


def test_replay_finds_a_missing_place():
    graph = _graph()
    plan = plan_memory(graph)
    with pytest.raises(ReplayError, match="no place in the plan"):
        replay(graph, replace(plan, places=plan.places[:1]))


def test_network_without_operators_is_refused():
    values = (Value("input", (1, 4), "int8", (1.0,), (0,)), Value("output", (1, 2, 2), "int8", (1.0,), (0,)))
    model = build(values, (Call("RESHAPE", (0,), (1,)),), (0,), (1,))
    with pytest.raises(UserError, match="nothing to compute"):
        plan_memory(_graph(model))
