"""A network's artifacts against the hashes that are committed for it.

Purpose: whoever builds the same sources, on whatever machine and however much later, learns whether the bytes are the same.
Inputs: files as arguments, and --lock: JSON {file name: {"bytes", "sha256"}}. Outputs: exit code 0, or an error that names the first
artifact, in the order of the arguments, that differs; with --update the lock is written instead, into the workspace.
Errors: UserError for a lock that is missing or broken, and for artifacts that it lacks or that don't exist any more.
"""

import json
import os
from pathlib import Path
from typing import Any

from absl import flags

from gates import measurement
from gates.reproducibility.measure import digest
from tools import errors


def check(artifacts: list[str], lock: str, update_command: str) -> None:
    """Compares the files with the lock.

    Raises:
        errors.UserError: as the module's docstring says.
    """
    fix = f"Fix: find out why; if it is meant, {update_command}"
    locked, found = _read(lock, update_command), _digests(artifacts)
    for name in sorted(locked.keys() ^ found.keys()):
        raise errors.UserError(f"{Path(lock).name}: {name}: is {'not built' if name in locked else 'not locked'}; got artifacts "
                               f"{', '.join(found)}, want those of the lock. {fix}")
    for name, digest_ in found.items():
        if digest_ != locked[name]:
            raise errors.UserError(f"{Path(lock).name}: {name}: other bytes than were committed; got SHA-256 {digest_['sha256']} "
                                   f"({digest_['bytes']:,} B), want {locked[name]['sha256']} ({locked[name]['bytes']:,} B). {fix}")


def update(artifacts: list[str], lock: Path) -> None:
    """Writes the lock of the files."""
    measurement.write(str(lock), _digests(artifacts))


def _digests(artifacts: list[str]) -> dict[str, dict[str, Any]]:
    return {Path(path).name: digest(Path(path)) for path in artifacts}


def _read(lock: str, update_command: str) -> dict[str, dict[str, Any]]:
    try:
        locked = json.loads(Path(lock).read_text(encoding="utf-8"))
        # What a merge left half is no lock either.
        return {name: {"bytes": int(entry["bytes"]), "sha256": str(entry["sha256"])} for name, entry in locked.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.UserError(f"{Path(lock).name}: no lock of artifacts; got {type(error).__name__}, want JSON of names and hashes. "
                               f"Fix: {update_command}") from error


def _define_flags() -> None:
    flags.DEFINE_string("lock", None, "the JSON, from the workspace's root", required=True)
    flags.DEFINE_string("update_command", None, "what writes the lock anew", required=True)
    flags.DEFINE_bool("update", False, "write the lock instead of comparing")


def main(argv: list[str]) -> None:
    _, *artifacts = argv
    names = flags.FLAGS
    if not names.update:
        check(artifacts, names.lock, names.update_command)
        return
    update(artifacts, Path(os.environ["BUILD_WORKSPACE_DIRECTORY"], names.lock))
    print(f"{names.lock}: {len(artifacts)} artifacts locked")


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
