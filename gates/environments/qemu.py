"""An image in QEMU: the locked qemu-system-arm 7.2 of @qemu, no other.

Time: the firmware gives a frame up after 4,000 polls of its UART, some 20 ms of the host's; bytes come from another thread of
QEMU. Both run on one CPU, so that the guest's time stands still while that thread has to wait, and PatientClient does the rest.
There is no cycle counter: QEMU has no DWT, and the cycles that the firmware reports there are 0.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gates.environments.emulator import REPLY_LIMIT_S, SerialLine, await_boot, end
from tools.errors import UserError

# Beside this workspace in the runfiles of a test, and under it in its execution root.
_PROGRAMS = (Path("../qemu/bin/qemu-system-arm"), Path("external/qemu/bin/qemu-system-arm"))


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU: its name, and which of its serial ports, from 0, is the service's UART."""

    name: str
    serial_port: int


# stm32f405_soc.c wires USART1, USART2, ... to the -serial options in their order.
MACHINES = {"netduinoplus2": Machine("netduinoplus2", serial_port=1)}


def program() -> Path:
    """The locked emulator.

    Raises:
        UserError: it is not among the test's files.
    """
    for path in _PROGRAMS:
        if path.exists():
            return path.absolute()
    raise UserError(f"qemu: is missing; got neither of {', '.join(map(str, _PROGRAMS))}, want the files of @qemu. "
                    "Fix: add @qemu to the target's data")


def command(image: Path, board: str, line: int) -> list[str]:
    """The command line that runs `image` (.bin) with the service's UART on file descriptor `line`.

    Raises:
        UserError: QEMU has no such board.
    """
    if board not in MACHINES:
        raise UserError(f"qemu: does not emulate the board; got {board!r}, want one of {sorted(MACHINES)}. "
                        "Fix: add it to gates/environments/qemu.py")
    machine = MACHINES[board]
    return [str(program()), "-machine", machine.name, "-nodefaults", "-display", "none", "-monitor", "none",
            "-icount", "shift=6", "-kernel", str(image), "-chardev", f"socket,id=uart,fd={line}",
            *["-serial", "null"] * machine.serial_port, "-serial", "chardev:uart"]


def _use_one_cpu() -> None:
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[os.getpid() % len(cpus)]})


@contextmanager
def running(image: Path, board: str, boot_limit_s: float = REPLY_LIMIT_S) -> Iterator[SerialLine]:
    """Boots `image`, yields the way to its service, ends QEMU.

    Raises:
        UserError: QEMU does not know the board or does not start, or the firmware does not answer.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(command(image, board, theirs.fileno()), pass_fds=[theirs.fileno()], preexec_fn=_use_one_cpu,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        theirs.close()
        line = SerialLine(ours)
        try:
            await_boot(process, line, "qemu", boot_limit_s)
            yield line
        finally:
            end(process)
