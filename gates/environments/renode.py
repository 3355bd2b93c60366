"""An image in Renode: the program that @renode found, else the one that the variable RENODE names, or the one on PATH.

Time is virtual: a request is handed over while the machine stands still, then the machine runs in slices until the answer is
complete, so that the host's speed does not matter. Renode counts instructions, not cycles; what the firmware reports as
cycles is instruction-scaled. Renode is driven by the commands that its console reads from standard input.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.client import StreamTransport
from gates.environments.emulator import end
from tools.errors import UserError

# What renode/renode_installation.bzl has found: beside this workspace in the runfiles of a test, under it in its execution root.
_FOUND = (Path("../renode/program.txt"), Path("external/renode/program.txt"))
FOLDER = Path("gates/environments/renode")
BOARDS = ("stm32l476",)
UART = "sysbus.usart2"
BOOT_S, SLICE_S, SLICES = 0.1, 0.02, 50
COMMAND_LIMIT_S = 120.0


def installed(variables: dict[str, str] | None = None, found: tuple[Path, ...] = _FOUND) -> str | None:
    """Renode's path as Bazel found it, or without Bazel as the environment has it; None on a machine without Renode."""
    for file in found:
        if file.exists():
            return file.read_text(encoding="utf-8") or None
    environment = os.environ if variables is None else variables
    return environment.get("RENODE") or shutil.which("renode", path=environment.get("PATH"))


def program(variables: dict[str, str] | None = None, found: tuple[Path, ...] = _FOUND) -> str:
    """Renode's path.

    Raises:
        UserError: there is none, or it has gone since Bazel found it.
    """
    path = installed(variables, found)
    if not path or not os.access(path, os.X_OK):
        raise UserError(f"renode: is not there; got {path}, want Renode 1.16.1. Fix: set RENODE to its program, or run bazel "
                        "sync --only=renode if it has moved (docs/environments.md)")
    return path


def boot_commands(image: Path, received: Path) -> list[str]:
    """What the console has to read to boot `image` (.bin) and to have what its UART sends in the file `received`."""
    return [f"$image=@{image.absolute()}", f"$platform=@{(FOLDER / 'stm32l476.repl').absolute()}",
            f"include @{(FOLDER / 'edgeplug.resc').absolute()}", f"{UART} CreateFileBackend @{received} true"]


class Console:
    """Renode's console: commands in, and the knowledge that they have been carried out."""

    def __init__(self, process: subprocess.Popen, limit_s: float) -> None:
        self._process = process
        self._limit_s = limit_s
        self._marks = 0

    def execute(self, commands: list[str]) -> None:
        """Returns when all `commands` have been carried out.

        Raises:
            UserError: Renode ended, or did not get there in time and was ended; with the last that it said.
        """
        self._marks += 1
        mark = f"edgeplug-mark-{self._marks}"
        watchdog = threading.Timer(self._limit_s, self._process.kill)
        watchdog.start()
        try:
            said = self._said_until(mark, [*commands, f'echo "{mark}"'])
        finally:
            watchdog.cancel()
        if said is not None:
            raise UserError(f"renode: ended or hung; got {said or 'no message'!r}, want a running machine. "
                            "Fix: run the commands of gates/environments/renode/edgeplug.resc by hand")

    def _said_until(self, mark: str, commands: list[str]) -> str | None:
        """None when Renode has said `mark`; else the last that it said before it ended."""
        try:
            self._process.stdin.write("".join(f"{command}\n" for command in commands))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said last is still to be read
        said = ""
        for said in self._process.stdout:
            if re.search(rf'(?<!"){mark}\b(?!")', said):  # in quotes, it is the command that is echoed
                return None
        return said.strip()


class VirtualLine:
    """The service's UART, as the stream of StreamTransport; the machine only runs while somebody reads."""

    def __init__(self, console: Console, received: Path) -> None:
        self._console = console
        self._received = received
        self._taken_bytes = 0
        self._pending = b""

    def write(self, data: bytes) -> None:
        """Hands `data` over when the machine runs next."""
        self._pending += data

    def read(self, byte_count: int) -> bytes:
        """The next bytes; fewer than `byte_count` if they don't come within a second of virtual time."""
        for _ in range(SLICES):
            if self._received.stat().st_size >= self._taken_bytes + byte_count:
                break
            requests = [f"{UART} WriteChar {byte}" for byte in self._pending]
            self._pending = b""
            self._console.execute([*requests, f'emulation RunFor "{SLICE_S}"'])
        data = self._received.read_bytes()[self._taken_bytes:][:byte_count]
        self._taken_bytes += len(data)
        return data


@contextmanager
def running(image: Path, board: str, renode: str | None = None) -> Iterator[StreamTransport]:
    """Boots `image`, yields the way to its service, ends Renode.

    Args:
        image: the .bin.
        board: one of BOARDS.
        renode: the program; by default the one that program() finds.

    Raises:
        UserError: no such board, no Renode, or it ends.
    """
    if board not in BOARDS:
        raise UserError(f"renode: has no such board; got {board!r}, want one of {sorted(BOARDS)}. "
                        f"Fix: add a .repl to {FOLDER}")
    command = [renode or program(), "--plain", "--disable-xwt", "--console", "--config"]
    with tempfile.TemporaryDirectory() as home:
        # It unpacks itself under HOME.
        variables = {**os.environ, "HOME": home, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        received = Path(home, "uart.bin")
        process = subprocess.Popen([*command, f"{home}/config"], env=variables, text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            console = Console(process, COMMAND_LIMIT_S)
            console.execute([*boot_commands(image, received), f'emulation RunFor "{BOOT_S}"'])
            received.touch()
            yield StreamTransport(VirtualLine(console, received))
        finally:
            end(process)
