"""Looks up what is known about a network or a layer elsewhere. Inputs: published.yaml, whose comments say what it holds."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.bench.measure import LayerFigures
from tools.sim.timing.profiles import STM32L4R5_120MHZ, ZERO_WAIT

_FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True)
class Figure:
    """What a stack takes for a network: `cycles` in the memory profile `profile`."""

    stack: str
    source: str
    profile: str
    cycles: int


@dataclass(frozen=True)
class Known:
    """All figures of a network, and the bytes of CMSIS-NN's code for it (None where unknown)."""

    network: str
    figures: tuple[Figure, ...]
    code_bytes: int | None

    def best(self, profile: str) -> Figure | None:
        """The fastest stack in a profile."""
        return min((figure for figure in self.figures if figure.profile == profile), key=lambda figure: figure.cycles, default=None)


class Published:
    """The file's content."""

    def __init__(self) -> None:
        content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
        self.sources: dict[str, str] = content["sources"]
        self._networks, self._stacks, self._layers = content["networks"], content["stacks"], content["layers"]

    def network(self, name: str, macs: int) -> Known | None:
        """What is known of the network in a file called `name` with so many multiply-accumulates."""
        found = next((entry["network"] for entry in self._networks
                      if entry["macs"] == macs and name.lower().startswith(tuple(map(str.lower, entry["names"])))), None)
        if found is None:
            return None
        figures = [figure for stack in self._stacks for figure in _figures(stack, found)]
        code = [stack["code_bytes"][found] for stack in self._stacks if found in stack.get("code_bytes", {})]
        return Known(found, tuple(figures), code[0] if code else None)

    def layer_cycles(self, layer: LayerFigures) -> int | None:
        """CMSIS-NN's cycles for a layer of the same operator, multiply-accumulates and outputs, with zero wait states."""
        outputs = 1
        for extent in layer.output_shape:
            outputs *= extent
        return next((entry["zero_wait_cycles"] for entry in self._layers
                     if (entry["operator"], entry["macs"], entry["outputs"]) == (layer.operator, layer.macs, outputs)), None)


def _figures(stack: dict, network: str) -> list[Figure]:
    figures = []
    if network in stack.get("ms", {}):
        cycles = round(stack["ms"][network] * STM32L4R5_120MHZ.clock_hz / 1000)
        figures.append(Figure(stack["stack"], stack["source"], STM32L4R5_120MHZ.name, cycles))
    if network in stack.get("zero_wait_cycles", {}):
        figures.append(Figure(stack["stack"], stack["source"], ZERO_WAIT.name, stack["zero_wait_cycles"][network]))
    return figures
