"""Validates a spec before anything is built from it, and passes it on unchanged.

Purpose: one place where a broken spec stops the build, and where the spec's name, target and gates meet the macro's.
Inputs: --spec; --network, --target and --gates as the macro edgeplug_network was called. Output: --output, the same YAML.
"""

import dataclasses
import pathlib

from absl import flags

from model import spec as spec_lib
from tools import errors

_SPEC = flags.DEFINE_string("spec", None, "The spec, YAML.", required=True)
_NETWORK = flags.DEFINE_string("network", None, "The name that the BUILD file gives the network.", required=True)
_TARGET = flags.DEFINE_string("target", None, "The board that the BUILD file builds for.", required=True)
_GATES = flags.DEFINE_list("gates", None, "The gates that the BUILD file builds.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Where the spec is passed on to.", required=True)


# Judged by hand, on recordings that no build has (gates/field).
_BY_HAND = frozenset({"field"})
# Its limit is no number that a spec could choose.
_WITHOUT_LIMITS = frozenset({"reproducibility"})


def check(path: str, network: str, target: str, gates: list[str]) -> None:
    """Raises UserError if the spec is invalid, or is another network's, or another board's, or has other gates."""
    spec = spec_lib.load(path)
    for key, found, wanted in (("name", spec.name, network), ("target", spec.target, target)):
        if found != wanted:
            raise errors.UserError(
                f"{path}: {key}: differs from edgeplug_network({key} = ...) in the BUILD file; got {found}, want {wanted}."
                f" Fix: give both the same {key}"
            )
    declared = {field.name for field in dataclasses.fields(spec.gates) if getattr(spec.gates, field.name) is not None} - _BY_HAND
    built = set(gates) - _WITHOUT_LIMITS
    if declared != built:
        raise errors.UserError(
            f"{path}: gates: differ from those of edgeplug_network in the BUILD file; got limits for"
            f" {', '.join(sorted(declared)) or 'none'}, want them for {', '.join(sorted(built)) or 'none'}."
            f" Fix: complete the spec, or name its gates: gates = [...]"
        )


def main(argv: list[str]) -> None:
    del argv
    check(_SPEC.value, _NETWORK.value, _TARGET.value, _GATES.value)
    pathlib.Path(_OUTPUT.value).write_bytes(pathlib.Path(_SPEC.value).read_bytes())


if __name__ == "__main__":
    errors.run(main)
