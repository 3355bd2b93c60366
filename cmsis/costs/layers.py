"""The costs of the options of each layer: one small network per option, linked and run.

Inputs: a Graph after the pipeline, a Kit to link with, a memory profile. Outputs: LayerCosts in the order of the layers that run.
Non-goals: choosing (cmsis/compiler/lowering/choose.py).
"""

from dataclasses import replace

import numpy as np

from cmsis.compiler.emitter import Library, emit
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.choose import BALANCED, SIZE, SPEED, Policy, choose
from cmsis.compiler.lowering.costs import Cost, Function, LayerCosts
from cmsis.compiler.lowering.lower import label, lower, options
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import replay
from cmsis.costs.flash import layer_flash
from tools.errors import UserError
from tools.link.flash_use import flash_use
from tools.link.kit import Kit
from tools.link.network_elf import HEADER, NAME, link_network, numbered_classes
from tools.link.simulated_network import SimulatedNetwork

_SEED = 1
_GAP_BYTES = 8  # loops are aligned to as many


def measure_layers(graph: Graph, kit: Kit, profile: str, policy: Policy = Policy(),
                   classes: tuple[str, ...] = ()) -> tuple[LayerCosts, ...]:
    """Returns what all of the policy's options cost in the memory profile `profile`; what the network has beside its layers, the
    names of `classes` among it, is in the data of all options of the first one. Raises UserError as the compiler does.
    """
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
    return _with_shared(graph, kit, tuple(layers), policy, classes)


def _with_shared(graph: Graph, kit: Kit, costs: tuple[LayerCosts, ...], policy: Policy,
                 classes: tuple[str, ...]) -> tuple[LayerCosts, ...]:
    """Adds by how much whole networks are larger than the sum of their layers: initialisation, names, gaps of alignment. The
    largest of the networks by three policies counts, and a gap more, since other choices leave other gaps.
    """
    if not costs:
        return costs
    beyond = []
    for kind in (SPEED, SIZE, BALANCED):
        free = replace(policy, kind=kind, flash_bytes=None)
        lowered = lower(replace(graph, name=NAME), free, costs)
        library = emit(lowered, plan_memory(lowered), classes or numbered_classes(graph), HEADER)
        use = flash_use(link_network(kit, library), library.source)
        beyond.append(use.code_bytes + use.weights_bytes - choose(costs, free).flash_bytes)
    shared_bytes = max(0, *beyond) + _GAP_BYTES
    first, *rest = costs
    options_ = tuple(replace(cost, data_bytes=cost.data_bytes + shared_bytes) for cost in first.options)
    return (replace(first, options=options_), *rest)


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
    return emit(single, plan, numbered_classes(single), HEADER)


def _measure(kit: Kit, library: Library, profile: str) -> tuple[int, int, int, tuple[Function, ...]]:
    elf = link_network(kit, library)
    network = SimulatedNetwork(elf, library.plan)
    rng = np.random.default_rng(_SEED)
    values = [_random(rng, np.dtype(end["type"]), end["bytes"]) for end in network.inputs]
    return network.cycles(profile, values), *layer_flash(elf)


def _random(rng: np.random.Generator, dtype: np.dtype, size_bytes: int) -> np.ndarray:
    return np.frombuffer(rng.bytes(size_bytes), dtype)
