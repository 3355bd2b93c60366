"""What each way to run a layer costs: measured by //cmsis/costs, read by the choice of kernels.

Purpose: the dataclasses and their JSON. Cycles are those of one inference of the layer alone; code is by function, since layers
share functions; data are the layer's own constants and its share of the network's functions.
"""

import json
from dataclasses import asdict, dataclass

from tools.errors import UserError


@dataclass(frozen=True)
class Function:
    """A function (or a kernel's table) in flash."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class Cost:
    """Of one option; `label` names it. `sram_bytes` of its data are copied to SRAM when the firmware starts."""

    label: str
    cycles: int
    data_bytes: int
    sram_bytes: int
    code: tuple[Function, ...]


@dataclass(frozen=True)
class LayerCosts:
    """Of all options of one layer, in the order of lower.options()."""

    layer: str
    options: tuple[Cost, ...]


def as_json(profile: str, costs: tuple[LayerCosts, ...]) -> str:
    """Returns the costs, measured in the memory profile `profile`, as JSON text."""
    document = {"profile": profile, "layers": [asdict(layer) for layer in costs]}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def from_json(text: str) -> tuple[LayerCosts, ...]:
    """Returns what as_json() wrote; raises UserError for anything else."""
    try:
        return tuple(LayerCosts(layer["layer"], tuple(_cost(option) for option in layer["options"]))
                     for layer in json.loads(text)["layers"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"costs: can't be read; got {type(error).__name__}: {error}, want the JSON of //cmsis/costs:measure."
                        " Fix: measure again") from error


def _cost(option: dict) -> Cost:
    code = tuple(Function(function["name"], function["size_bytes"]) for function in option["code"])
    return Cost(option["label"], option["cycles"], option["data_bytes"], option["sram_bytes"], code)
