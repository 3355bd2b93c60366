"""The line that closes a build: `<network>: <flash> of its limit, <SRAM> of its limit, <time> simulated`.

Inputs: --spec, --size and --timing (measurements). Output: --output, one line of text. The image's path is
added by whoever prints it: a cached action must not know where a workspace lies.
"""

from typing import Any

from absl import flags

from gates import measurement
from model import spec as model_spec
from tools import errors


def summary(spec: Any, size: dict[str, Any], timing: dict[str, Any]) -> str:
    """The line, without its end of line. A limit that the spec doesn't declare is left out."""
    limits = spec.gates.size
    return (f"{spec.name}: {_used(size['flash_bytes'], limits and limits.flash_bytes_max, 'flash')}, "
            f"{_used(size['sram_bytes'], limits and limits.sram_bytes_max, 'SRAM')}, "
            f"{timing['worst']['time_us']:,.1f} us simulated at {timing['clock_hz'] / 1e6:g} MHz ({timing['judged_profile']})")


def _used(used_bytes: int, limit_bytes: int | None, memory: str) -> str:
    return f"{used_bytes:,} B {memory}" + (f" of {limit_bytes:,}" if limit_bytes else "")


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network; holds the limits", required=True)
    flags.DEFINE_string("size", None, "JSON of //gates/size:measure", required=True)
    flags.DEFINE_string("timing", None, "JSON of //gates/timing:measure", required=True)
    flags.DEFINE_string("output", None, "text to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    line = summary(model_spec.load(args.spec), measurement.read(args.size), measurement.read(args.timing))
    measurement.write_text(args.output, line + "\n")


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
