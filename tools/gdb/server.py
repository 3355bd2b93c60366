"""Serves an image in the simulator to GDB: `target remote :PORT` in arm-none-eabi-gdb or gdb-multiarch.

Inputs: the flags of tools/trace/subject.py; --port, on the loopback interface only (0 picks a free one). The machine stands at
its reset vector; one debugger after another may attach, each to a machine just reset. See docs/profiling.md.
"""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

from absl import flags

from firmware import protocol
from tools import errors
from tools.gdb.packets import Connection, Disconnected
from tools.gdb.stub import Stub
from tools.gdb.target import Target
from tools.sim.machine import Machine
from tools.trace import subject

_LOOPBACK = "127.0.0.1"


def make_target(what: subject.Subject) -> Target:
    """A machine at its reset vector, which will be asked to classify the subject's window."""
    window = what.boot(timing=None).window
    request = protocol.encode(protocol.Request.RUN, window.tobytes())
    return Target(Machine(what.image, what.board, elf=what.elf), request)


def serve(listener: socket.socket, target_of: Callable[[], Target], sessions: int | None = None) -> None:
    """Serves debuggers one after another on `listener`, `sessions` of them or for ever."""
    served = 0
    while sessions is None or served < sessions:
        stream, _ = listener.accept()
        with stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                Stub(Connection(stream), target_of()).serve()
            except (Disconnected, ConnectionError):
                print("gdb: the debugger has gone", file=sys.stderr)
        served += 1


def listen(port: int) -> socket.socket:
    """A listening socket; UserError if the port is taken."""
    try:
        return socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise errors.UserError(f"gdb: cannot listen on port {port}; got {error.strerror}, want a free port. "
                               "Fix: another --port, or 0 for any") from error


def _define_flags() -> None:
    subject.define_flags()
    flags.DEFINE_integer("port", 3333, "TCP port, 0 for any free one", lower_bound=0, upper_bound=65535)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    what = subject.from_flags()
    with listen(args.port) as listener:
        port = listener.getsockname()[1]
        print(f"Waiting for a debugger: gdb-multiarch -ex 'target remote :{port}' {Path(args.elf).resolve()}", flush=True)
        try:
            serve(listener, lambda: make_target(what))
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
