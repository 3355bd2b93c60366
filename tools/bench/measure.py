"""Measures a network: compiles it, links it, and runs it in the simulator.

Inputs: the bytes of an int8 .tflite, a kit (tools/link) and the settings. Outputs: Figures, ready for JSON. Cycles are those of
one inference in each memory profile; exactness is judged by TFLite's reference kernels on random inputs, without cycles.
Errors: UserError where the compiler or the linker refuses the network, SimError where a run fails.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cmsis.testing.tflite_oracle import Oracle, has_reference
from tools.link.flash_use import flash_use
from tools.link.kit import Kit
from tools.link.network_elf import compile_network, link_network
from tools.link.simulated_network import SimulatedNetwork
from tools.profile.layers import Profile

_SPREADS = (5.0, 40.0, 200.0)  # of int8 inputs, in counts: nearly constant ones, ordinary ones, saturated ones


@dataclass(frozen=True)
class Settings:
    """Memory profiles by name; how many random inputs must agree, and their seed."""

    profiles: tuple[str, ...]
    inputs: int
    seed: int


@dataclass(frozen=True)
class LayerFigures:
    """A layer; `cycles` by profile; `live_macs` is None until the compiler knows."""

    name: str
    operator: str
    kernel: str
    output_shape: tuple[int, ...]
    macs: int
    live_macs: int | None
    cycles: dict[str, int]


@dataclass(frozen=True)
class Figures:
    """A network. `ram_bytes` are arena, stack, weights that lie in SRAM and the caller's buffers of inputs and outputs; `kernel_shares` are parts of all
    cycles by profile and kernel, `between layers` among them; `differing_inputs` of `compared_inputs` gave another output than
    TFLite's reference kernels, by at most `largest_difference`."""

    macs: int
    live_macs: int | None
    cycles: dict[str, int]
    code_bytes: int
    weights_bytes: int
    arena_bytes: int
    ram_bytes: int
    compared_inputs: int
    differing_inputs: int
    largest_difference: float
    kernel_shares: dict[str, dict[str, float]]
    layers: tuple[LayerFigures, ...]


def measure(content: bytes, kit: Kit, options: dict[str, object], settings: Settings) -> Figures:
    """The figures of the network in a .tflite file's bytes; `options` are the compiler's."""
    library = compile_network(content, **options)
    elf = link_network(kit, library)
    network = SimulatedNetwork(elf, library.plan)
    inputs = list(_random_inputs(network, settings))
    profiles = {timing: network.profile(timing, inputs[0]) for timing in settings.profiles}
    kinds = {layer["operator"] for layer in network.plan["layers"]}
    differing, largest = _compare(network, Oracle(content, has_reference(kinds)), inputs)
    plan, use = network.plan, flash_use(elf, library.source)
    buffers = sum(end["bytes"] for end in network.inputs + network.outputs)
    return Figures(
        plan["macs"], plan.get("live_macs"), {name: profile.total.cycles.total for name, profile in profiles.items()},
        use.code_bytes, use.weights_bytes, plan["arena_bytes"],
        plan["arena_bytes"] + buffers + use.static_bytes + network.stack_bytes(inputs[0]), len(inputs), differing, largest,
        {name: _shares(profile) for name, profile in profiles.items()},
        tuple(LayerFigures(layer["name"], layer["operator"], layer["kernel"], tuple(layer["output_shape"]), layer["macs"],
                           layer.get("live_macs"), {name: profile.layer(layer["name"]).cycles.total
                                                    for name, profile in profiles.items()}) for layer in plan["layers"]))


def _random_inputs(network: SimulatedNetwork, settings: Settings) -> Iterator[list[np.ndarray]]:
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.inputs):
        yield [_random(rng, tuple(end["shape"]), np.dtype(end["type"])) for end in network.inputs]


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = rng.normal(0, rng.choice(_SPREADS) * (limits.max / 127), shape).round()
    return np.clip(values, limits.min, limits.max).astype(dtype)


def _compare(network: SimulatedNetwork, oracle: Oracle, inputs: list[list[np.ndarray]]) -> tuple[int, float]:
    """How many of `inputs` give other outputs than TFLite's reference kernels, and by how much at most."""
    differing, largest = 0, 0.0
    for values, outputs in zip(inputs, network.run(inputs)):
        gaps = [np.abs(found.astype(np.float64) - wanted.flatten().astype(np.float64)).max()
                for found, wanted in zip(outputs, oracle.run_all(values), strict=True)]
        differing += bool(max(gaps) > 0)
        largest = max(largest, *gaps)
    return differing, float(largest)


def _shares(profile: Profile) -> dict[str, float]:
    """The part of all cycles that each kernel takes with what it calls, the largest first."""
    cycles = Counter({"between layers": profile.between.cycles.total})
    for layer in profile.layers:
        cycles[layer.kernel] += profile.layer(layer.name).cycles.total
    return {kernel: count / profile.total.cycles.total for kernel, count in cycles.most_common()}
