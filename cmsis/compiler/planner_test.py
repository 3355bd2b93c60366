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
    arena = [(place.name, place.size_bytes, place.first, place.last) for place in plan.places if place.buffer is None]
    assert arena == [("conv#2 scratch", 36, 0, 0), ("conv#2", 12, 0, 0), ("flatten", 12, 0, 1), ("dense scratch", 24, 1, 1),
                     ("dense", 4, 1, 2)]
    assert [operator.layer for operator in plan.steps] == ["conv#2", "dense", "softmax"]
    flatten, conv = (next(place for place in plan.places if place.name == name) for name in ("flatten", "conv#2"))
    assert flatten.offset == conv.offset


def test_arena_is_as_small_as_can_be():
    assert plan_memory(_graph()).arena_bytes == 36 + 12


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
    ("other scratch", "trunk", "score: step 2 before it reads twins/trunk/MatMul: overwritten"),
    ("trunk scratch", "trunk", "trunk: step 0: an output overlaps the scratch"),
))
def test_replay_finds_an_overlap(victim, thief, message):
    graph = _graph(small_models.branches())
    plan = plan_memory(graph)
    offset = next(place.offset for place in plan.places if place.name == thief)
    crammed = tuple(replace(place, offset=offset) if place.name == victim else place for place in plan.places)
    with pytest.raises(ReplayError, match=message):
        replay(graph, replace(plan, places=crammed))


def _with_place(plan, name, **changes):
    return replace(plan, places=tuple(replace(place, **changes) if place.name == name else place for place in plan.places))


@pytest.mark.parametrize("offset", (2, 4096, -4))
def test_replay_finds_a_place_outside(offset):
    graph = _graph()
    with pytest.raises(ReplayError, match="unaligned or leaves its buffer"):
        replay(graph, _with_place(plan_memory(graph), "dense scratch", offset=offset))


def test_replay_finds_a_missing_place():
    graph = _graph()
    plan = plan_memory(graph)
    for place in plan.places:
        with pytest.raises(ReplayError, match="no place in the plan|scratch; got|never written"):
            replay(graph, replace(plan, places=tuple(other for other in plan.places if other is not place)))


def test_replay_finds_an_output_in_the_arena():
    graph = _graph()
    plan = plan_memory(graph)
    moved = replace(_with_place(plan, "softmax", buffer=None, offset=plan.arena_bytes), arena_bytes=plan.arena_bytes + 4)
    with pytest.raises(ReplayError, match="output: not in the caller's buffer"):
        replay(graph, moved)


def test_a_view_as_output_is_copied():
    values = (Value("input", (1, 4), "int8", (1.0,), (0,)), Value("output", (1, 2, 2), "int8", (1.0,), (0,)))
    graph = _graph(build(values, (Call("RESHAPE", (0,), (1,)),), (0,), (1,)))
    plan = plan_memory(graph)
    replay(graph, plan)
    assert [operator.builtin for operator in plan.steps] == ["RESHAPE"]


def test_an_input_as_output_is_refused():
    values = (Value("input", (1, 4), "int8", (1.0,), (0,)), Value("output", (1, 2, 2), "int8", (1.0,), (0,)))
    model = build(values, (Call("RESHAPE", (0,), (1,)),), (0,), (1, 0))
    with pytest.raises(UserError, match="nothing to compute for output input; got an input"):
        plan_memory(_graph(model))
