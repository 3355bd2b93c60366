"""One model with one or more libraries of kernels: its figures, or why it has none.

Purpose: a network that cannot be measured never takes the others' figures along. Inputs: a path, libraries, settings.
Outputs: a Result. Errors: none; what is refused, and what is our own fault, is in the Result.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench import models  # first: it chooses the backend

from cmsis.compiler import reader
from cmsis.compiler.lowering.choose import CMSIS_NN, Policy
from cmsis.compiler.pipeline import run_pipeline
from cmsis.costs.layers import measure_layers
from tools.bench.measure import Figures, Settings, measure
from tools.errors import UserError
from tools.link.kit import Kit
from tools.link.network_elf import NAME

OURS, THEIRS = "EdgePlug", "CMSIS-NN"


@dataclass(frozen=True)
class Library:
    """Kernels to link, how the compiler chooses among them, and their name in the table: OURS with the policy, or THEIRS."""

    name: str
    kit: Kit
    policy: Policy


@dataclass(frozen=True)
class Result:
    """A model's figures by library, and why it has none for others; `failed` where that is our fault."""

    name: str
    origin: str
    figures: dict[str, Figures]
    refusals: dict[str, str]
    failed: bool = False


def measure_all(path: Path, libraries: Sequence[Library], settings: Settings) -> Result:
    """Measures the model at `path` with each of the libraries."""
    figures, refusals, failed, costs = {}, {}, False, {}
    try:
        model = models.load(path, settings.seed)
    except UserError as error:
        return Result(path.name, "not read", {}, {library.name: str(error) for library in libraries})
    for library in libraries:
        try:
            in_sram = library.policy.sram_bytes > 0  # has more ways to run a layer
            if library.policy.kind != CMSIS_NN and in_sram not in costs:
                costs[in_sram] = measure_layers(run_pipeline(reader.read(model.content, NAME)), library.kit, settings.profiles[-1],
                                                library.policy)
            options = {"policy": library.policy, "costs": costs[in_sram] if library.policy.kind != CMSIS_NN else None}
            figures[library.name] = measure(model.content, library.kit, options, settings)
        except UserError as error:
            refusals[library.name] = str(error)
        except Exception as error:  # of ours, or SimError: a bug either way
            traceback.print_exc()
            refusals[library.name], failed = f"internal error: {type(error).__name__}: {error}", True
    return Result(path.name, model.origin, figures, refusals, failed)
