"""The costs of the options of each layer: one small network per option, linked and run.

Inputs: a Graph after the pipeline, a Kit to link with, a memory profile. Outputs: LayerCosts in the order of the layers that run.
Non-goals: choosing (cmsis/compiler/lowering/choose.py).
"""

from dataclasses import replace

import numpy as np

from cmsis.compiler.emitter import Library, emit
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.choose import Policy
from cmsis.compiler.lowering.costs import Cost, Function, LayerCosts
from cmsis.compiler.lowering.lower import label, options
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import replay
from cmsis.costs.flash import layer_flash
from tools.errors import UserError
from tools.link.network_elf import HEADER, NAME, Kit, link_network
from tools.link.simulated_network import SimulatedNetwork

_SEED = 1


def measure_layers(graph: Graph, kit: Kit, profile: str, policy: Policy = Policy()) -> tuple[LayerCosts, ...]:
    """Returns what all of the policy's options cost in the memory profile `profile`; raises UserError as the compiler does."""
    known: dict[Library, tuple[int, int, int, tuple[Function, ...]]] = {}
    layers = []
    for operator in graph.operators:
        costs = []
        for option in options(graph, operator, policy):
            library = _library(graph, option)
            if library not in known:
                known[library] = _measure(kit, library, profile)
            costs.append(Cost(label(graph, option), *known[library]))
        if costs:
            layers.append(LayerCosts(operator.layer, tuple(costs)))
    return tuple(layers)


def _library(graph: Graph, option: Operator) -> Library:
    """A network of that one layer, named alike for all layers, so that equal ones are measured once."""
    try:
        return _network(graph, option, "layer")
    except UserError:
        return _network(graph, option, option.layer)  # the same again, for the error's sake: it names the layer


def _network(graph: Graph, option: Operator, layer: str) -> Library:
    computed = tuple(number for number in dict.fromkeys(option.inputs)
                     if not graph.tensors[number].constant and not graph.tensors[number].state)
    single = replace(graph, name=NAME, operators=(replace(option, layer=layer),), inputs=computed, outputs=option.outputs)
    plan = plan_memory(single)
    replay(single, plan)
    classes = tuple(f"class_{index}" for index in range(single.tensors[option.outputs[0]].elements))
    return emit(single, plan, classes, HEADER)


def _measure(kit: Kit, library: Library, profile: str) -> tuple[int, int, int, tuple[Function, ...]]:
    elf = link_network(kit, library)
    network = SimulatedNetwork(elf, library.plan)
    rng = np.random.default_rng(_SEED)
    values = [_random(rng, np.dtype(end["type"]), end["bytes"]) for end in network.inputs]
    return network.cycles(profile, values), *layer_flash(elf)


def _random(rng: np.random.Generator, dtype: np.dtype, size_bytes: int) -> np.ndarray:
    return np.frombuffer(rng.bytes(size_bytes), dtype)
