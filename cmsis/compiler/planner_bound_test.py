"""Arenas of random graphs against a lower bound that is counted here, tensor by tensor, without the planner's own modules.

The bound: the most bytes of tensors and scratch alive in one step, where an input that an output may replace counts once.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from cmsis.compiler import planner, rectangle_packing, sharing
from cmsis.compiler.ir import Alias, DType, Graph, MultiOutput, Operator, Quantization, Tensor
from cmsis.compiler.plan_picture import picture
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.rectangle_packing import Rect
from cmsis.compiler.replay import ReplayError, replay

_GRAPHS = 60
_MOST_OPERATORS = 40
_ABOVE_THE_BOUND = 1.05


@dataclass(frozen=True)
class _Work(Operator):
    """Reads whole inputs while it writes its output."""

    scratch: int = 0

    builtin: ClassVar[str] = "WORK"
    kernel: ClassVar[str] = "work"

    def infer_shape(self, graph):
        return graph.output_of(self).shape

    def reference(self, graph, values):
        raise NotImplementedError

    def scratch_bytes(self, graph):
        return self.scratch


@dataclass(frozen=True)
class _Elementwise(_Work):
    """May replace its inputs."""

    overwrites: ClassVar[tuple[int, ...]] = (0, 1)


@dataclass(frozen=True)
class _Halves(MultiOutput):
    """Two views of one input."""

    builtin: ClassVar[str] = "HALVES"
    kernel: ClassVar[str] = ""

    def infer_shapes(self, graph):
        return tuple(graph.tensors[number].shape for number in self.outputs)

    def references(self, graph, values):
        raise NotImplementedError

    def aliases(self, graph):
        return (Alias(self.outputs[0], self.inputs[0]),
                Alias(self.outputs[1], self.inputs[0], graph.output_of(self).size_bytes))


@dataclass(frozen=True)
class _Joined(_Work):
    """Two inputs side by side."""

    builtin: ClassVar[str] = "JOINED"

    def aliases(self, graph):
        first = graph.input_of(self, 0).size_bytes
        return Alias(self.inputs[0], self.outputs[0]), Alias(self.inputs[1], self.outputs[0], first)


class _Maker:
    """Grows a random graph; every tensor without a reader is read by the last operator."""

    def __init__(self, rng: np.random.Generator, moves: bool):
        self._rng, self._moves = rng, moves
        self._tensors: list[Tensor] = []
        self._operators: list[Operator] = []
        self._new(int(rng.integers(100, 3000)))

    def graph(self) -> Graph:
        for _ in range(int(self._rng.integers(5, _MOST_OPERATORS))):
            self._grow()
        read = {number for operator in self._operators for number in operator.inputs}
        unread = tuple(number for number in range(1, len(self._tensors)) if number not in read)
        self._operators.append(_Work("end", unread, (self._new(100),)))
        return Graph("random", tuple(self._tensors), tuple(self._operators), (0,), (len(self._tensors) - 1,))

    def _new(self, size: int) -> int:
        self._tensors.append(Tensor(f"tensor {len(self._tensors)}", (1, size), DType.INT8, Quantization((1.0,), (0,))))
        return len(self._tensors) - 1

    def _grow(self) -> None:
        layer, kind = f"layer{len(self._operators)}", self._rng.random()
        source = self._recent()
        size = self._tensors[source].shape[1]
        if self._moves and kind < 0.12 and size % 2 == 0:
            self._operators.append(_Halves(layer, (source,), (self._new(size // 2), self._new(size // 2))))
        elif self._moves and kind < 0.24 and (other := self._recent()) != source:
            self._operators.append(_Joined(layer, (source, other), (self._new(size + self._tensors[other].shape[1]),)))
        elif kind < 0.5:
            twins = [number for number, tensor in enumerate(self._tensors) if tensor.shape[1] == size and number != source]
            inputs = (source, *twins[-1:]) if self._rng.random() < 0.5 else (source,)
            self._operators.append(_Elementwise(layer, inputs, (self._new(size),)))
        else:
            scratch = int(self._rng.integers(0, 800)) if self._rng.random() < 0.5 else 0
            self._operators.append(_Work(layer, (source,), (self._new(int(self._rng.integers(100, 3000))),), scratch))

    def _recent(self) -> int:
        reach = 4 if self._rng.random() < 0.8 else 12
        return int(self._rng.integers(max(0, len(self._tensors) - reach), len(self._tensors)))


def _bound(graph: Graph) -> int:
    """Counts graphs without views: each tensor is alive from its writer to its last reader, in a place of its own."""
    last = {number: step for step, operator in enumerate(graph.operators) for number in operator.inputs}
    born = {number: step for step, operator in enumerate(graph.operators) for number in operator.outputs}
    arena = set(born) - set(graph.outputs)
    most = 0
    for step, operator in enumerate(graph.operators):
        alive = sum(graph.tensors[number].size_bytes for number in arena if born[number] <= step <= last.get(number, born[number]))
        dying = [number for number in operator.inputs if number in arena and last[number] == step]
        shared = graph.output_of(operator).size_bytes if operator.overwrites and dying and operator.outputs[0] in arena else 0
        # An output in the caller's buffer takes what it replaces with it.
        if operator.overwrites and dying and operator.outputs[0] in graph.outputs:
            shared = graph.tensors[dying[0]].size_bytes
        most = max(most, alive - shared + operator.scratch_bytes(graph))
    return most


@pytest.mark.parametrize("seed", range(_GRAPHS))
def test_arena_is_near_the_bound(seed):
    graph = _Maker(np.random.default_rng(seed), moves=False).graph()
    plan = plan_memory(graph)
    replay(graph, plan)
    bound = _bound(graph)
    assert plan.arena_bytes <= _ABOVE_THE_BOUND * bound, f"seed {seed}: got {plan.arena_bytes} bytes, want at most 1.05 * {bound}"


@pytest.mark.parametrize("seed", range(_GRAPHS))
def test_plans_with_views_and_parts_replay(seed):
    graph = _Maker(np.random.default_rng(seed), moves=True).graph()
    plans = [plan_memory(graph, in_place) for in_place in (True, False)]
    for plan in plans:
        replay(graph, plan)
    assert plans[0].arena_bytes <= plans[1].arena_bytes
    assert plan_memory(graph) == plans[0] and picture(graph, plans[0]) == picture(graph, plan_memory(graph))


def test_replacing_needs_permission_and_a_dying_input():
    """a -> b in place; a -> c, a read again -> no; c -> d by an operator that reads while it writes -> no."""
    maker = _Maker(np.random.default_rng(0), moves=False)
    sizes = [maker._new(400) for _ in range(6)]
    a, b, c, d, e, end = sizes
    operators = (_Work("a", (0,), (a,)), _Elementwise("c", (a,), (c,)), _Elementwise("b", (a,), (b,)), _Work("d", (b,), (d,)),
                 _Elementwise("e", (c, d), (e,)), _Work("end", (e,), (end,)))
    graph = Graph("small", tuple(maker._tensors), operators, (0,), (end,))
    plan = plan_memory(graph)
    replay(graph, plan)
    offsets = {number: plan.place_of(number).offset for number in sizes[:-1]}
    assert offsets[b] == offsets[a] != offsets[c] and offsets[d] != offsets[b] and offsets[e] in (offsets[c], offsets[d])
    assert plan.arena_bytes == 1200 == _bound(graph)


def _forget_last_readers(found):
    _NOTE_TIMES(found)
    found.last.update((number, max(found.first[number], last - 1)) for number, last in found.last.items()
                      if last < len(found.graph.operators))


def _leave_out_the_last_copy(found):
    running = _RUNNING.fget(found)
    copies = [index for index in running if found.aliases[index]]
    return [index for index in running if index not in copies[-1:]]


_NOTE_TIMES, _RUNNING = sharing._note_times, sharing.Sharing.running
_BUGS = (
    (sharing, "_collide", lambda *_: False),
    (sharing, "_note_times", _forget_last_readers),
    (sharing.Sharing, "running", property(_leave_out_the_last_copy)),
    (rectangle_packing, "_lowest", lambda shape, placed, alignment: -(int(shape[:, 0].min()) // alignment) * alignment),
    (planner, "_body", lambda block: (Rect(0, 1, 0, 0),)),
    (planner, "_scratches", lambda found: []),
)


@pytest.mark.parametrize(("module", "name", "wrong"), _BUGS, ids=[name for _, name, _ in _BUGS])
def test_replay_finds_a_bug_of_the_planner(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong)
    found = 0
    for seed in range(12):
        graph = _Maker(np.random.default_rng(seed), moves=True).graph()
        try:
            replay(graph, plan_memory(graph))
        except ReplayError:
            found += 1
    assert found >= 6, f"{name}: wrong plans that pass; got {found} of 12 found, want at least 6"
