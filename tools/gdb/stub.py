"""The stub: answers GDB's packets about a target.

Source: GDB manual, E.2 (packets), E.3 (stop replies), E.4 (general queries), G.5.2 (Arm features). An unknown packet gets an
empty reply, by which GDB learns that it is not supported. Non-goals: non-stop mode, threads beyond one, watchpoints.
"""

from collections.abc import Callable

from tools.gdb.packets import INTERRUPT, Connection
from tools.gdb.target import REGISTERS, Signal, Target
from tools.sim.errors import SimError

_PACKET_BYTES = 0x1000
_HELP = "monitor commands: reset\n"
_TYPES = {"sp": "data_ptr", "lr": "int", "pc": "code_ptr"}


def target_description() -> str:
    """The registers of a Cortex-M without FPU, as GDB wants to be told (target.xml)."""
    lines = [f'<reg name="{name}" bitsize="32" type="{_TYPES.get(name, "int")}"/>' for name in REGISTERS]
    return (
        '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>arm</architecture>'
        '<feature name="org.gnu.gdb.arm.m-profile">' + "".join(lines) + "</feature></target>"
    )


class Stub:
    """Serves the debugger behind `connection` until it detaches."""

    def __init__(self, connection: Connection, target: Target) -> None:
        self._connection = connection
        self._target = target
        self._signal = Signal.TRAP
        self._commands: dict[str, Callable[[str], str]] = {
            "?": lambda _: f"S{self._signal:02x}",
            "g": lambda _: target.registers().hex(),
            "G": self._set_registers,
            "p": lambda number: target.register(int(number, 16)).to_bytes(4, "little").hex(),
            "P": self._set_register,
            "m": self._read,
            "M": self._write,
            "X": self._write_binary,
            "Z": lambda place: self._breakpoint(place, target.breakpoints.add),
            "z": lambda place: self._breakpoint(place, target.breakpoints.discard),
            "c": self._continue,
            "s": self._step,
            "v": self._verbose,
            "q": self._query,
            "Q": self._set,
            "H": lambda _: "OK",
            "T": lambda _: "OK",
        }

    def serve(self) -> None:
        """Answers packets until the debugger detaches or kills; Disconnected if it just goes away."""
        while True:
            packet = self._connection.receive()
            if packet == INTERRUPT:
                continue  # nothing runs
            if packet[:1] == "k":
                return
            self._connection.send(self._reply(packet))
            if packet[:1] == "D":
                return
            if packet == "QStartNoAckMode":
                self._connection.acknowledges = False

    def _reply(self, packet: str) -> str:
        if packet[:1] == "D":
            return "OK"
        command = self._commands.get(packet[:1])
        if command is None:
            return ""
        try:
            return command(packet[1:])
        except (SimError, ValueError, IndexError):
            return "E01"

    def _set_registers(self, words: str) -> str:
        data = bytes.fromhex(words)
        if len(data) != 4 * len(REGISTERS):
            return "E01"
        self._target.set_registers(data)
        return "OK"

    def _set_register(self, assignment: str) -> str:
        number, value = assignment.split("=")
        self._target.set_register(int(number, 16), int.from_bytes(bytes.fromhex(value), "little"))
        return "OK"

    def _read(self, place: str) -> str:
        address, count = (int(part, 16) for part in place.split(","))
        return self._target.read(address, min(count, _PACKET_BYTES // 2)).hex()

    def _write(self, text: str) -> str:
        place, data = text.split(":")
        return self._store(place, bytes.fromhex(data))

    def _write_binary(self, text: str) -> str:
        place, _, data = text.partition(":")
        return self._store(place, data.encode("latin-1"))

    def _store(self, place: str, data: bytes) -> str:
        address, count = (int(part, 16) for part in place.split(","))
        if count != len(data):
            return "E01"
        if data:
            self._target.write(address, data)
        return "OK"

    def _breakpoint(self, place: str, change: Callable[[int], object]) -> str:
        kind, address, _ = place.split(",")
        if kind not in ("0", "1"):  # watchpoints
            return ""
        change(int(address, 16) & ~1)
        return "OK"

    def _continue(self, address: str) -> str:
        self._jump(address)
        self._signal = self._target.proceed(self._connection.interrupted, self._say)
        return f"S{self._signal:02x}"

    def _step(self, address: str) -> str:
        self._jump(address)
        self._signal = self._target.step(self._say)
        return f"S{self._signal:02x}"

    def _jump(self, address: str) -> None:
        if address:
            self._target.jump(int(address, 16))

    def _verbose(self, packet: str) -> str:
        if packet == "Cont?":
            return "vCont;c;C;s;S"
        if packet.startswith("Cont;"):
            action = packet.removeprefix("Cont;")[0]
            return self._step("") if action in "sS" else self._continue("")
        return ""

    def _query(self, packet: str) -> str:
        name, _, detail = packet.partition(":")
        if name == "Supported":
            return f"PacketSize={_PACKET_BYTES:x};qXfer:features:read+;vContSupported+;QStartNoAckMode+"
        if name == "Xfer" and detail.startswith("features:read:target.xml:"):
            start, count = (int(part, 16) for part in detail.rsplit(":", 1)[1].split(","))
            part = target_description()[start : start + count]
            return ("m" if start + count < len(target_description()) else "l") + part
        if name.startswith("Rcmd,"):
            return self._monitor(bytes.fromhex(name.removeprefix("Rcmd,")).decode())
        return {"Attached": "1", "C": "QC1", "fThreadInfo": "m1", "sThreadInfo": "l"}.get(name, "")

    def _set(self, packet: str) -> str:
        return "OK" if packet == "StartNoAckMode" else ""

    def _monitor(self, command: str) -> str:
        if command.strip() != "reset":
            return _HELP.encode().hex()
        self._target.reset()
        return "OK"

    def _say(self, text: str) -> None:
        self._connection.send("O" + text.encode().hex())
