"""Makes the exchanges that renode/inference.robot plays: requests, the replies that they must get, and the cycle model's time.

Inputs: --image (.bin), --board, --answers (.npz of make_answers.py), --windows, how many, spread evenly. Output: --output, JSON:
exchanges, each with request, reply_prefix, class_and_scores (hexadecimal) and model_cycles (the cycle model with the board's own
profile). Non-goals: Renode.
"""

from pathlib import Path

import numpy as np
from absl import flags

from firmware import protocol
from firmware.client import Client
from gates import measurement
from gates.environments.answers import Answers, read_answers
from tools import errors
from tools.sim.boards import board_named
from tools.sim.machine import Machine


def exchanges(image: bytes, board: str, answers: Answers, count: int) -> list[dict[str, str | int]]:
    """The exchanges for `count` of the windows, or all if there are fewer."""
    client = Client(Machine(image, board=board, timing=board_named(board).profile))
    chosen = np.unique(np.linspace(0, len(answers.windows) - 1, count).astype(np.int64))
    return [_exchange(client, answers.windows[index], answers.scores[index]) for index in chosen]


def _exchange(client: Client, window: np.ndarray, scores: np.ndarray) -> dict[str, str | int]:
    class_and_scores = int(scores.argmax()).to_bytes(2, "little") + scores.tobytes()
    reply_type = protocol.Request.RUN | protocol.REPLY
    prefix = protocol.PREFIX.pack(protocol.SYNC, protocol.VERSION, reply_type, 4 + len(class_and_scores))
    return {
        "class_and_scores": class_and_scores.hex(),
        "model_cycles": client.run(window).cycles,
        "reply_prefix": prefix.hex(),
        "request": protocol.encode(protocol.Request.RUN, window.tobytes()).hex(),
    }


def _define_flags() -> None:
    flags.DEFINE_string("image", None, ".bin that ships", required=True)
    flags.DEFINE_string("board", None, "the board that it is for", required=True)
    flags.DEFINE_string("answers", None, ".npz with windows and scores", required=True)
    flags.DEFINE_integer("windows", 10, "how many windows", lower_bound=1)
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    found = exchanges(Path(args.image).read_bytes(), args.board, read_answers(args.answers), args.windows)
    measurement.write(args.output, {"exchanges": found})


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
