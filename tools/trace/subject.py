"""What profiles, traces and debuggers run: an image, and one window of the pilot set for it.

Inputs: --image (.bin), --elf (its symbols), --plan (JSON of the compiler, its layers), --spec (names the board), --pilot (.npz),
--window (index into it). Errors: UserError for a file that cannot be read, a window that the pilot set does not have, or an
image that fails, with address, symbol and layer.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from absl import flags

from firmware.client import Client, MachineTransport, Result
from firmware.windows import quantize
from model import spec as model_spec
from model.data import dataset
from tools.errors import UserError
from tools.profile.failure import RunningLayer, explained, instruction_limit
from tools.profile.layers import Layer, read_layers
from tools.sim.boards import board_named
from tools.sim.machine import Machine


@dataclass(frozen=True)
class Subject:
    """`image` for `board`, with the symbols of `elf`, and `window`: float32, in natural units, of the network's shape.

    `layers` are the network's; without them errors name none."""

    image: bytes
    elf: bytes
    board: str
    window: np.ndarray
    layers: tuple[Layer, ...] = ()

    @property
    def profile(self) -> str:
        """The cycle model's profile of the board."""
        return board_named(self.board).profile

    def boot(self, timing: str | None, max_instructions: int | None = None) -> "Booted":
        """Boots the image in the simulator; `timing` is a profile's name, or None without cycles.

        A run of more than `max_instructions` is a failure; by default the layers say how many that are."""
        machine = Machine(self.image, self.board, timing, self.elf)
        client = Client(transport=MachineTransport(machine, max_instructions or instruction_limit(self.layers)))
        with explained(machine, "does not answer after its boot", "its identity"):
            identity = client.identify()
        machine.place = RunningLayer(machine, f"{identity.name}_run", self.layers)
        window = quantize(self.window, identity.input_scale, identity.input_zero_point)
        return Booted(machine, client, identity.name, identity.clock_hz, window)


@dataclass(frozen=True)
class Booted:
    """A machine that waits for requests; `window` is int8, `name` the network's, `clock_hz` the core's."""

    machine: Machine
    client: Client
    name: str
    clock_hz: int
    window: np.ndarray

    def run(self) -> Result:
        """Classifies the window; UserError if the firmware doesn't."""
        with explained(self.machine, "the window was not classified", "scores"):
            return self.client.run(self.window)


def define_flags() -> None:
    """The flags that `from_flags` reads."""
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to run", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from, for its symbols", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_string("pilot", None, ".npz with the pilot set", required=True)
    flags.DEFINE_integer("window", 0, "which window of the pilot set", lower_bound=0)


def from_flags() -> Subject:
    """The subject that the flags name."""
    args = flags.FLAGS
    spec = model_spec.load(args.spec)
    windows = dataset.load_pilot(args.pilot, len(spec.classes)).x
    if args.window >= len(windows):
        raise UserError(f"{Path(args.pilot).name}: has no such window; got --window={args.window}, "
                        f"want 0 to {len(windows) - 1}. Fix: correct --window")
    return Subject(_bytes(args.image), _bytes(args.elf), spec.target, windows[args.window], read_layers(args.plan))


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{Path(path).name}: cannot be read; got {error.strerror}, want an image. "
                        "Fix: build the firmware") from error
