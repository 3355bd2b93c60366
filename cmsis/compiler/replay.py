"""Checks a memory plan by replaying it: every byte of memory holds a token of who wrote it, and every read finds its own.

Independent of the planner on purpose: it knows no lifetimes and no blocks, only what each operator writes and wants to
read. Operators that the plan leaves out must find their outputs already in place. A failure is a bug of ours.
"""

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.planner import ALIGNMENT_BYTES, Place, Plan

_NOBODY, _SCRATCH = -1, -2


class ReplayError(Exception):
    """The plan would let a step lose what is still needed."""


def replay(graph: Graph, plan: Plan) -> None:
    """Raises ReplayError when a step would read bytes that are not what it expects, or a place leaves its buffer."""
    _Replay(graph, plan).run()


class _Replay:
    """`memory` maps a buffer (None: the arena) to its bytes' tokens; `wanted` has the tokens of each tensor's bytes."""

    def __init__(self, graph: Graph, plan: Plan):
        self._graph, self._plan = graph, plan
        self._tokens = 0
        self._memory = {None: np.full(plan.arena_bytes, _NOBODY)}
        self._memory |= {number: np.full(graph.tensors[number].size_bytes, _NOBODY) for number in graph.inputs + graph.outputs}
        self._wanted: dict[int, np.ndarray] = {}
        self._place_of = {place.tensor: place for place in plan.places if place.tensor is not None}

    def run(self) -> None:
        """Replays one inference and looks at what is left of inputs, outputs and states."""
        graph, plan = self._graph, self._plan
        for place in plan.places:
            self._check_bounds(place)
        for number, tensor in enumerate(graph.tensors):
            if tensor.dtype and (tensor.constant or tensor.state or number in graph.inputs):
                self._wanted[number] = self._fresh(tensor.size_bytes)
                if number in self._place_of:
                    self._bytes(number)[:] = self._wanted[number]
        steps = {id(operator): step for step, operator in enumerate(plan.steps)}
        for operator in graph.operators:
            self._want_outputs(operator)
            if id(operator) in steps:
                self._run_step(operator, steps[id(operator)])
        kept = [number for number, tensor in enumerate(graph.tensors) if tensor.state and number in self._place_of]
        for number in (*graph.inputs, *graph.outputs, *kept):
            self._expect(number, f"{graph.tensors[number].name} after the last step")
            if number not in kept and self._place(number).buffer != number:
                raise ReplayError(f"{graph.tensors[number].name}: not in the caller's buffer; got {self._place(number)},"
                                  f" want buffer {number}")

    def _want_outputs(self, operator: Operator) -> None:
        """Notes the tokens of the outputs: those of the inputs where the operator only moves bytes, else new ones."""
        for number in operator.outputs:
            self._wanted[number] = self._fresh(self._graph.tensors[number].size_bytes)
        for alias in operator.aliases(self._graph):
            size_bytes = self._graph.tensors[alias.part].size_bytes
            if alias.part in operator.outputs:
                self._wanted[alias.part] = self._wanted[alias.whole][alias.offset:alias.offset + size_bytes]
            else:
                self._wanted[alias.whole][alias.offset:alias.offset + size_bytes] = self._wanted[alias.part]

    def _run_step(self, operator: Operator, step: int) -> None:
        """Writes scratch and outputs, and finds everything that the step uses intact, before and after."""
        graph, what = self._graph, f"{operator.layer}: step {step}"
        settled = [alias for alias in operator.aliases(graph) if self._settled(alias.part, alias.whole, alias.offset)]
        inputs = [number for number in operator.inputs if not graph.tensors[number].constant]
        for number in inputs:
            self._expect(number, f"{what} before it reads {graph.tensors[number].name}")
        scratch = [place for place in self._plan.places if place.tensor is None and place.first == step]
        if len(scratch) != bool(operator.scratch_bytes(graph)) or any(
                place.size_bytes < operator.scratch_bytes(graph) for place in scratch):
            raise ReplayError(f"{what}: scratch; got {scratch}, want {operator.scratch_bytes(graph)} bytes")
        for place in scratch:
            self._memory[None][place.offset:place.offset + place.size_bytes] = _SCRATCH
        for number in operator.outputs:
            self._write(operator, number, settled)
        for place in scratch:
            if np.any(self._memory[None][place.offset:place.offset + place.size_bytes] != _SCRATCH):
                raise ReplayError(f"{what}: an output overlaps the scratch; got {place}, want bytes of its own")
        for number in operator.outputs:
            self._expect(number, f"{what} after it wrote {graph.tensors[number].name}")
        for number in inputs:
            if not self._replaced(operator, number):
                self._expect(number, f"{what} while it reads {graph.tensors[number].name}")

    def _write(self, operator: Operator, number: int, settled: list) -> None:
        """Writes an output, without the parts that are in place already."""
        own = np.ones(self._graph.tensors[number].size_bytes, bool)
        for alias in settled:
            if alias.part == number:
                return
            if alias.whole == number:
                own[alias.offset:alias.offset + self._graph.tensors[alias.part].size_bytes] = False
        self._bytes(number)[own] = self._wanted[number][own]

    def _settled(self, part: int, whole: int, offset: int) -> bool:
        if part not in self._place_of or whole not in self._place_of:
            return False
        one, other = self._place_of[part], self._place_of[whole]
        return one.buffer == other.buffer and one.offset == other.offset + offset

    def _replaced(self, operator: Operator, number: int) -> bool:
        """Returns whether the first output may and does take the input's place."""
        positions = {position for position, one in enumerate(operator.inputs) if one == number}
        return positions <= set(operator.overwrites) and self._settled(operator.outputs[0], number, 0)

    def _fresh(self, size_bytes: int) -> np.ndarray:
        self._tokens += size_bytes
        return np.arange(self._tokens - size_bytes, self._tokens)

    def _place(self, number: int) -> Place:
        place = self._place_of.get(number)
        if place is None or place.size_bytes != self._graph.tensors[number].size_bytes:
            raise ReplayError(f"{self._graph.tensors[number].name}: no place in the plan; got {place}, want"
                              f" {self._graph.tensors[number].size_bytes} bytes")
        return place

    def _bytes(self, number: int) -> np.ndarray:
        place = self._place(number)
        return self._memory[place.buffer][place.offset:place.offset + place.size_bytes]

    def _expect(self, number: int, what: str) -> None:
        wrong = np.count_nonzero(self._bytes(number) != self._wanted[number])
        if wrong:
            raise ReplayError(f"{what}: overwritten or never written; got {wrong} strange bytes in {self._place(number)},"
                              " want none")

    def _check_bounds(self, place: Place) -> None:
        item_bytes = ALIGNMENT_BYTES if place.tensor is None else self._graph.tensors[place.tensor].dtype.item_bytes
        size_bytes = len(self._memory[place.buffer])
        if place.offset < 0 or place.offset % item_bytes or place.offset + place.size_bytes > size_bytes:
            raise ReplayError(f"{place.name}: place is unaligned or leaves its buffer; got offset {place.offset} and"
                              f" {place.size_bytes} bytes, want a multiple of {item_bytes} within {size_bytes}")
