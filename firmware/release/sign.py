"""Signs a release: copies its files and puts an Ed25519 signature beside each, and the provenance into a DSSE envelope.

    bazel build //firmware:release
    bazel run //tools:sign -- bazel-bin/model/voltage_event/voltage_event_release --key=KEY.pem --output=DIR

Inputs: the folder that was built; a private key in PEM, which stays where it is. Outputs: DIR, new, whole or not at all: all files,
FILE.sig (64 bytes, as `openssl pkeyutl -sign -rawin` writes them), provenance.dsse.json. Errors: UserError.
"""

import base64
import shutil
import tempfile
from pathlib import Path

from absl import flags

from firmware.release import contents, keys
from tools import errors
from tools.paths import from_command_line


def sign(release: Path, key_file: Path, output: Path) -> None:
    """Signs the files of `release` into the new folder `output`; raises UserError."""
    key = keys.private_key(key_file)
    listed = contents.read_manifest(contents.read(release, contents.MANIFEST))["files"]
    if output.exists():
        raise errors.UserError(f"{output}: is there already; got a path in use, want a new one. Fix: pass another --output")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as name:
        folder = Path(name, output.name)
        folder.mkdir()
        for file in (contents.MANIFEST, *listed):
            data = contents.read(release, file)
            (folder / file).write_bytes(data)
            (folder / f"{file}{contents.SIGNATURE}").write_bytes(key.sign(data))
        statement = contents.read(release, contents.PROVENANCE)
        envelope = {"payloadType": contents.PAYLOAD_TYPE, "payload": base64.b64encode(statement).decode(),
                    "signatures": [{"sig": base64.b64encode(key.sign(contents.pre_authentication(statement))).decode()}]}
        (folder / contents.ENVELOPE).write_text(contents.as_json(envelope), encoding="utf-8")
        shutil.move(folder, output)


def _define_flags() -> None:
    flags.DEFINE_string("key", None, "PEM of the private key", required=True)
    flags.DEFINE_string("output", None, "folder to make", required=True)


def main(argv: list[str]) -> None:
    if len(argv) != 2:
        raise errors.UserError(f"sign: wants one release; got {len(argv) - 1} paths, want the folder that bazel build //firmware:release"
                               " made. Fix: bazel run //tools:sign -- DIR --key=KEY.pem --output=DIR")
    output = from_command_line(flags.FLAGS.output)
    sign(from_command_line(argv[1]), from_command_line(flags.FLAGS.key), output)
    print(f"{output}: signed")


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
