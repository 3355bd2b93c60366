"""Measures what every way to run every layer of a network costs: cycles in the simulator, bytes in the link.

Inputs: --model (.tflite), --spec (its target). Outputs: --output, the JSON of cmsis/compiler/lowering/costs.py.
Each option is compiled and linked as a network of its own, and run once on random input. Errors: UserError.
"""

from pathlib import Path

from absl import flags

from cmsis.compiler import reader
from cmsis.compiler.lowering.choose import Policy
from cmsis.compiler.lowering.costs import as_json
from cmsis.compiler.pipeline import run_pipeline
from cmsis.costs.layers import measure_layers
from model import spec as specs
from tools import errors
from tools.link.kit import read_kit
from tools.sim.boards import BOARDS
from tools.sim.timing.profiles import ZERO_WAIT

# An action starts elsewhere.
_RUNFILES = Path(__file__).absolute().parents[2]

_MODEL = flags.DEFINE_string("model", None, "Int8 model, .tflite.", required=True)
_SPEC = flags.DEFINE_string("spec", None, "The network's spec, .yaml.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Costs to write, .json.", required=True)


def main(argv) -> None:
    """Reads the flags' files, measures, writes."""
    del argv
    spec = specs.load(_SPEC.value)
    profile = BOARDS[spec.target].profile if spec.target in BOARDS else ZERO_WAIT.name
    policy = Policy(spec.compiler.policy, spec.compiler.flash_bytes, spec.compiler.sram_bytes)
    try:
        graph = run_pipeline(reader.read(Path(_MODEL.value).read_bytes(), spec.name))
        costs = measure_layers(graph, read_kit(root=_RUNFILES), profile, policy, spec.classes)
    except errors.UserError as error:
        raise errors.UserError(f"{_MODEL.value}: {error}") from error
    Path(_OUTPUT.value).write_text(as_json(profile, costs), encoding="utf-8")


if __name__ == "__main__":
    errors.run(main)
