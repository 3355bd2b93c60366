"""One execution environment of an image, and the way to the service that runs in it.

Purpose: `service(environment)` boots the image and yields a Client (firmware/client.py); what was started is ended
with the context. Inputs: an Environment, which tests get from the variables that environments.bzl sets.
Errors: tools.errors.UserError where the image does not answer. Non-goals: judging the answers.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from firmware.client import Client, MachineTransport, Transport
from gates.environments import qemu, renode
from gates.environments.emulator import PatientClient
from tools.errors import UserError
from tools.sim.machine import Machine

PREFIX = "EDGEPLUG_"
_KEYS = ("NAME", "RUNNER", "BOARD", "IMAGE", "CLOCK_HZ", "WINDOWS", "TRIES")


@dataclass(frozen=True)
class Environment:
    """What environments.bzl says: the environment's name, its runner, the board, the image (.bin), the core clock in hertz
    that the firmware must read back there, how many windows to run, and how often to ask at most (emulator.PatientClient)."""

    name: str
    runner: str
    board: str
    image: Path
    clock_hz: int
    windows: int
    tries: int


def from_variables(variables: dict[str, str] | None = None) -> Environment:
    """The environment that this test is for.

    Raises:
        UserError: a variable is missing.
    """
    found = os.environ if variables is None else variables
    try:
        name, runner, board, image, *figures = (found[PREFIX + key] for key in _KEYS)
    except KeyError as error:
        raise UserError(f"environment: is not described; got no variable {error}, want those of environments.bzl. "
                        "Fix: run the test as bazel test //gates/environments/...") from error
    return Environment(name, runner, board, Path(image), *map(int, figures))


def _simulated(environment: Environment) -> AbstractContextManager[Transport]:
    return nullcontext(MachineTransport(Machine(environment.image.read_bytes(), board=environment.board)))


def _emulated(environment: Environment) -> AbstractContextManager[Transport]:
    return qemu.running(environment.image, environment.board)


def _in_renode(environment: Environment) -> AbstractContextManager[Transport]:
    return renode.running(environment.image, environment.board)


_RUNNERS: dict[str, Callable[[Environment], AbstractContextManager[Transport]]] = {
    "qemu": _emulated,
    "renode": _in_renode,
    "sim": _simulated,
}


@contextmanager
def service(environment: Environment) -> Iterator[Client]:
    """A client of the service of the image, booted in the environment.

    Raises:
        UserError: no such runner.
    """
    if environment.runner not in _RUNNERS:
        raise UserError(f"environment {environment.name}: unknown runner; got {environment.runner!r}, want one of "
                        f"{sorted(_RUNNERS)}. Fix: correct gates/environments/environments.bzl")
    with _RUNNERS[environment.runner](environment) as transport:
        yield PatientClient(transport, environment.tries) if environment.tries > 1 else Client(transport=transport)
