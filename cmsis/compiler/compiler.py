"""From the bytes of a .tflite file to the texts of a C library: the order of the steps, and nothing else."""

from cmsis.compiler import reader
from cmsis.compiler.emitter import Library, emit
from cmsis.compiler.lowering.choose import CMSIS_NN, Policy
from cmsis.compiler.lowering.costs import LayerCosts
from cmsis.compiler.lowering.lower import lower
from cmsis.compiler.pipeline import run_pipeline
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.replay import replay


def compile_model(data: bytes, name: str, classes: tuple[str, ...], header_name: str, policy: Policy = Policy(),
                  costs: tuple[LayerCosts, ...] | None = None) -> Library:
    """Returns the C library of a .tflite file's bytes; `name` prefixes its symbols. Raises UserError."""
    graph = lower(run_pipeline(reader.read(data, name)), policy, costs)
    plan = plan_memory(graph, in_place=policy.kind != CMSIS_NN)  # Arm says of no function that input and output may overlap.
    replay(graph, plan)
    return emit(graph, plan, classes, header_name)
