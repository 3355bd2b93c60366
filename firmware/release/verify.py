"""Verifies a signed release, offline: signatures, hashes, seal, provenance, gates, version; names the first thing that is wrong.

    bazel run //tools:verify -- DIR --public-key=PUBLIC.pem [--installed=1.4.2]

Inputs: the folder that //tools:sign made, the signer's public key, the version that runs now (an older release is refused).
Outputs: a line, exit code 0; or an error, exit code 1.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from absl import flags
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware.release import contents, keys
from firmware.seal import BUILD_BYTES, SEAL_BYTES, is_sealed
from tools import errors
from tools.paths import from_command_line

_AGAIN = "Fix: don't flash it; get the release again from who signed it"


def verify(release: Path, public_key: Path, installed: str | None = None) -> dict[str, Any]:
    """Returns the manifest of a release that is whole; raises UserError naming the first file that is not."""
    key = keys.public_key(public_key)
    manifest = _manifest(key, release)
    _check_files(key, release, manifest)
    _check_image(release, manifest)
    _check_provenance(key, release, manifest)
    failed = [row["what"] for row in manifest["gates"] if row["verdict"] == "FAILED"]
    if failed:
        raise _wrong(contents.MANIFEST, f"gate {failed[0]} failed", "all gates held")
    if installed is not None and contents.version_of(manifest["version"]) < contents.version_of(installed):
        raise _wrong(contents.MANIFEST, f"version {manifest['version']}", f"at least {installed}, which is installed")
    return manifest


def _wrong(name: str, found: str, wanted: str) -> errors.UserError:
    return errors.UserError(f"{name}: is not what was signed; got {found}, want {wanted}. {_AGAIN}")


def _signed(key: Ed25519PublicKey, release: Path, name: str) -> bytes:
    data = contents.read(release, name)
    if not keys.signs(key, contents.read(release, name + contents.SIGNATURE), data):
        raise _wrong(name, "a signature that does not fit file and key", "the signer's")
    return data


def _manifest(key: Ed25519PublicKey, release: Path) -> dict[str, Any]:
    return contents.read_manifest(_signed(key, release, contents.MANIFEST))


def _check_files(key: Ed25519PublicKey, release: Path, manifest: dict[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        found = contents.digest(_signed(key, release, name))
        if found != digest:
            raise _wrong(name, f"{found['bytes']} bytes of SHA-256 {found['sha256']}", f"{digest['bytes']} of {digest['sha256']}")
    known = {contents.MANIFEST, *manifest["files"]}
    known |= {name + contents.SIGNATURE for name in known} | {contents.ENVELOPE}
    for path in sorted(release.iterdir()):
        if path.name not in known:
            raise _wrong(path.name, "a file that nobody signed", "none")


def _check_image(release: Path, manifest: dict[str, Any]) -> None:
    image = manifest["image"]
    data = contents.read(release, image["file"])
    seal = data[-SEAL_BYTES:]
    found = (is_sealed(data), seal[:BUILD_BYTES].hex(), int.from_bytes(seal[BUILD_BYTES:], "little"))
    if found != (True, image["build"], image["crc32"]) or contents.digest(data) != {one: image[one] for one in ("bytes", "sha256")}:
        raise _wrong(image["file"], f"build {found[1]}", f"{image['build']}, sealed")


def _check_provenance(key: Ed25519PublicKey, release: Path, manifest: dict[str, Any]) -> None:
    statement = contents.read(release, contents.PROVENANCE)
    text = contents.read(release, contents.ENVELOPE)
    try:
        envelope = json.loads(text)
        payload, signature = (base64.b64decode(text, validate=True) for text in (
            envelope["payload"], envelope["signatures"][0]["sig"]))
        kind = envelope["payloadType"]
    except (ValueError, KeyError, IndexError, TypeError, binascii.Error) as error:
        raise _wrong(contents.ENVELOPE, "no DSSE envelope", "one") from error
    same = kind == contents.PAYLOAD_TYPE and payload == statement and text == contents.as_json(envelope).encode()
    if not same or not keys.signs(key, signature, contents.pre_authentication(payload)):
        raise _wrong(contents.ENVELOPE, "another statement, or another signature", f"the signed {contents.PROVENANCE}")
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in json.loads(statement)["subject"]}
    image = manifest["image"]
    if subjects != {image["file"]: image["sha256"]}:
        raise _wrong(contents.PROVENANCE, f"a statement about {sorted(subjects)}", f"one about {image['file']}")


def _define_flags() -> None:
    flags.DEFINE_string("public-key", None, "PEM of the signer's public key", required=True)
    flags.DEFINE_string("installed", None, "the version that runs now")


def main(argv: list[str]) -> None:
    if len(argv) != 2:
        raise errors.UserError(f"verify: wants one release; got {len(argv) - 1} paths, want the folder that //tools:sign made."
                               " Fix: bazel run //tools:verify -- DIR --public-key=PUBLIC.pem")
    values = flags.FLAGS
    manifest = verify(from_command_line(argv[1]), from_command_line(values["public-key"].value), values.installed)
    print(f"{manifest['name']} {manifest['version']} for {manifest['target']}: whole, signed, all gates held; build"
          f" {manifest['image']['build']}")


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
