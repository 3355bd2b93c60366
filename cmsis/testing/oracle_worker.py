"""TFLite as oracle in a process of its own: a spoiled model may crash it, and the asker lives on.

`ask` sends a model and inputs; the process is started anew after a crash. Run as a program, this module is that process:
pickled requests on stdin, pickled answers on stdout.
"""

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SECONDS = 300  # importing TensorFlow takes a minute on a busy machine


@dataclass(frozen=True)
class Answer:
    """`outputs` for each input, or `refusal`: why TFLite has none."""

    outputs: tuple[tuple[np.ndarray, ...], ...] = ()
    refusal: str = ""


class OracleWorker:
    """The process, from the asker's side."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def ask(self, model: bytes, builtins: Sequence[str], inputs: Sequence[Sequence[np.ndarray]]) -> Answer:
        """TFLite's outputs of a model of the operators `builtins`, or its refusal; a crash and a hang are refusals too."""
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, "-m", "cmsis.testing.oracle_worker"], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            pickle.dump((model, builtins, inputs), self._process.stdin)
            self._process.stdin.flush()
            if not select.select([self._process.stdout], [], [], _SECONDS)[0]:
                return self._lost("TFLite hangs")
            return Answer(*pickle.load(self._process.stdout))
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            return self._lost("TFLite crashes")

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _lost(self, refusal: str) -> Answer:
        self.close()
        return Answer(refusal=refusal)


def _answer(model: bytes, builtins: Sequence[str], inputs: Sequence[Sequence[np.ndarray]]) -> tuple[tuple, str]:
    """Outputs and refusal."""
    from cmsis.testing.tflite_oracle import Oracle, has_reference  # takes seconds, which the asker need not wait
    try:
        oracle = Oracle(model, has_reference(builtins))
        return tuple(oracle.run_all(values) for values in inputs), ""
    except (ValueError, RuntimeError) as error:
        return (), str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what TFLite prints is no answer
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(_answer(*request), answers)
        answers.flush()


if __name__ == "__main__":
    _serve()
