"""The profile of one inference: cycles by layer, by function and by cause.

Purpose: adds up what the recorder reports along the paths of the call stack. Inputs: a booted timed machine, the plan.
Output: `Profile`; `as_dict` is its JSON. Non-goals: drawing it (flame_graph.py, speedscope.py, table.py).
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.errors import UserError
from tools.profile import call_stack
from tools.profile.call_stack import CallStack, Kernel
from tools.sim.machine import Machine
from tools.sim.timing.recorder import Cycles, Run
from tools.trace.call import record_call


@dataclass(frozen=True)
class Layer:
    """A layer of the plan: `macs` are nominal multiply-accumulates, 0 for a layer without weights."""

    name: str
    operator: str
    kernel: str
    macs: int


@dataclass(frozen=True)
class Sum:
    """Cycles by cause and instructions of a part of the inference; `blocks` executed there, and those among them with an
    access whose address the cycle model assumed (`Run.is_assumed`)."""

    cycles: Cycles = Cycles()
    instructions: int = 0
    blocks: int = 0
    assumed_blocks: int = 0

    def __add__(self, more: "Sum") -> "Sum":
        return Sum(self.cycles + more.cycles, self.instructions + more.instructions, self.blocks + more.blocks,
                   self.assumed_blocks + more.assumed_blocks)


@dataclass(frozen=True)
class Profile:
    """`layers` in the order of the plan; `by_path` in the order of execution: the sum of each function on its own, its
    callees left out, under the path (inference, layer, function...)."""

    timing: str
    layers: tuple[Layer, ...]
    by_path: dict[call_stack.Path, Sum]

    @property
    def total(self) -> Sum:
        """The whole inference, from entry to return."""
        return sum(self.by_path.values(), Sum())

    def layer(self, name: str) -> Sum:
        """What the layer took, callees included."""
        return sum((part for path, part in self.by_path.items() if path[1:2] == (name,)), Sum())

    @property
    def between(self) -> Sum:
        """What belongs to no layer: the inference's own code, its arguments and calls."""
        names = {layer.name for layer in self.layers}
        return sum((part for path, part in self.by_path.items() if not names & set(path[1:2])), Sum())

    def most_expensive(self, count: int) -> list[tuple[Layer, Sum]]:
        """The layers with the most cycles, first the most expensive."""
        return sorted(((layer, self.layer(layer.name)) for layer in self.layers), key=lambda pair: -pair[1].cycles.total)[:count]

    def as_dict(self) -> dict[str, Any]:
        """The profile's JSON; shares are of all cycles."""
        total = self.total.cycles.total
        return {
            **_figures(self.total),
            "between_layers": _figures(self.between),
            "functions": [{"path": list(path), **_figures(part)} for path, part in self.by_path.items()],
            "layers": [_layer_figures(layer, self.layer(layer.name), total) for layer in self.layers],
        }


def profile_call(machine: Machine, timing: str, function: str, layers: tuple[Layer, ...],
                 execute: Callable[[], object]) -> Profile:
    """Profiles the first call of `function` that `execute()` causes on `machine`, whose profile is `timing`.

    Raises:
        UserError: the function or a layer's kernel is missing or was not called.
    """
    stack = CallStack(machine.symbols, function, tuple(Kernel(layer.name, layer.kernel) for layer in layers))
    counts: dict[call_stack.Path, Counter[Run]] = {}
    flash: Counter[call_stack.Path] = Counter()

    def add(run: Run, flash_cycles: int) -> None:
        counts.setdefault(stack.path, Counter())[run] += 1
        flash[stack.path] += flash_cycles
        stack.follow(run)

    record_call(machine, function, execute, add)
    stack.require_all_layers()
    return Profile(timing, layers, {path: _sum(runs, flash[path]) for path, runs in counts.items()})


def layers_of(plan: dict[str, Any]) -> tuple[Layer, ...]:
    """The layers in the compiler's plan."""
    return tuple(Layer(entry["name"], entry["operator"], entry["kernel"], entry["macs"]) for entry in plan["layers"])


def read_layers(plan_path: str) -> tuple[Layer, ...]:
    """The layers in the compiler's plan (JSON); UserError if it is none."""
    try:
        return layers_of(json.loads(Path(plan_path).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{Path(plan_path).name}: is not a plan; got {type(error).__name__}: {error}, want the JSON of "
                        "//cmsis/compiler:compile. Fix: compile the model again") from error


def _sum(runs: Counter[Run], flash_cycles: int) -> Sum:
    cycles, instructions = Counter(flash=flash_cycles), 0
    for run, count in runs.items():
        cycles.update({cause: part * count for cause, part in asdict(run.cycles).items()})
        instructions += len(run.executed) * count
    assumed = sum(count for run, count in runs.items() if run.is_assumed)
    return Sum(Cycles(**cycles), instructions, runs.total(), assumed)


def _figures(part: Sum) -> dict[str, Any]:
    causes = {f"{cause}_cycles": cycles for cause, cycles in asdict(part.cycles).items()}
    return {"assumed_blocks": part.assumed_blocks, "blocks": part.blocks, "causes": causes, "cycles": part.cycles.total,
            "instructions": part.instructions}


def _layer_figures(layer: Layer, part: Sum, total_cycles: int) -> dict[str, Any]:
    per_mac = part.cycles.total / layer.macs if layer.macs else None
    return {**asdict(layer), **_figures(part), "cycles_per_mac": per_mac, "share": part.cycles.total / total_cycles}
