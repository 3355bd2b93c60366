"""Measures an execution environment: are its scores those of TFLite's reference kernels, and what does its time say?

Inputs: --image (.bin), --answers (.npz of make_answers.py), --exact, whether the linked kernels promise TFLite's very scores;
--environment, --runner, --board, --ships, --clock_hz, --windows, --tries and --time as environments.bzl says. Output: JSON. On
a machine without the environment it says so. Non-goals: the verdict (judge.py); bad frames (service_functest.py).
"""

import statistics
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from firmware.client import Client, MachineTransport, Result
from gates import measurement
from gates.environments import renode
from gates.environments.answers import Answers, read_answers
from gates.environments.environment import Environment, service
from gates.environments.judge import INSTRUCTION_SCALED
from tools import errors
from tools.sim.boards import board_named
from tools.sim.machine import Machine


def measure(environment: Environment, answers: Answers, time: str) -> dict[str, Any]:
    """What the firmware says in the environment; `time` is one of judge.TIMES."""
    if environment.runner == "renode" and not renode.installed():
        return {"not_run": "no Renode on this machine"}
    wanted = answers.first(environment.windows)
    with service(environment) as client:
        results = _run(client, wanted)
    got = Answers(wanted.windows, np.array([result.scores for result in results]))
    measured = {"differing_windows": int((got.scores != wanted.scores).any(axis=1).sum()),
                "first_difference": wanted.difference(got) or "", "windows": len(wanted.windows)}
    return measured | (scaled(environment, wanted, results) if time == INSTRUCTION_SCALED else {})


def scaled(environment: Environment, wanted: Answers, results: list[Result]) -> dict[str, Any]:
    """The median of the instruction-scaled cycles beside that of the cycle model's, for the same image and windows."""
    profile = board_named(environment.board).profile
    machine = Machine(environment.image.read_bytes(), board=environment.board, timing=profile)
    modelled = _run(Client(transport=MachineTransport(machine)), wanted)
    cycles, model_cycles = (statistics.median_low([int(result.cycles) for result in runs]) for runs in (results, modelled))
    return {"cycles": cycles, "time_us": cycles * 1e6 / environment.clock_hz, "model_cycles": model_cycles,
            "model_profile": profile, "ratio": cycles / model_cycles}


def _run(client: Client, wanted: Answers) -> list[Result]:
    return [client.run(window) for window in wanted.windows]


def _define_flags() -> None:
    flags.DEFINE_string("image", None, ".bin to run", required=True)
    flags.DEFINE_string("answers", None, ".npz with windows and scores", required=True)
    flags.DEFINE_bool("exact", True, "whether the linked kernels promise the scores of TFLite's reference kernels")
    flags.DEFINE_string("environment", None, "the environment's name", required=True)
    flags.DEFINE_string("runner", None, "a runner of environment.py", required=True)
    flags.DEFINE_string("board", None, "the board that the image is for", required=True)
    flags.DEFINE_bool("ships", None, "whether this is the image that ships", required=True)
    flags.DEFINE_integer("clock_hz", None, "the core's clock there", required=True)
    flags.DEFINE_integer("windows", None, "how many windows to run at most", required=True)
    flags.DEFINE_integer("tries", None, "how often to ask at most", required=True)
    flags.DEFINE_string("time", None, "what its cycles are", required=True)
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    environment = Environment(args.environment, args.runner, args.board, Path(args.image), args.clock_hz, args.windows, args.tries)
    measured = measure(environment, read_answers(args.answers), args.time)
    measurement.write(args.output, {"board": args.board, "environment": args.environment, "exact_required": args.exact,
                                    "ships": args.ships, "time": args.time, **measured})


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
