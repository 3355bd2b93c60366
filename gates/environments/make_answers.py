"""Makes reference answers: --windows windows of the pilot set, spread over the classes, scored by TFLite's reference kernels.

Inputs: --tflite, --pilot (.npz), --plan (JSON of the compiler). Output: --output, an .npz as answers.py says.
Non-goals: comparing them with anything.
"""

from absl import flags

from gates import image as gated, windows
from gates.precision.reference import Reference
from model.data import dataset
from tools import errors


def _define_flags() -> None:
    flags.DEFINE_string("tflite", None, "int8 model", required=True)
    flags.DEFINE_string("pilot", None, ".npz with the pilot set", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_integer("windows", 200, "how many windows", lower_bound=1)
    flags.DEFINE_string("output", None, ".npz to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    plan = gated.read_plan(args.plan)
    pilot = dataset.load_pilot(args.pilot, len(plan.classes))
    chosen = plan.quantize(pilot.x[windows.spread_over_classes(pilot.y, args.windows)])
    dataset.save(args.output, {
        "scores": Reference(args.tflite).scores(chosen),
        "windows": chosen.reshape(len(chosen), plan.input_bytes),
    })


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
