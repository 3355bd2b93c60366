"""What a release consists of: its files by name, and how they are read back.

Purpose: the one description that describe.py, sign.py and verify.py share. Non-goals: what stands in the documents (describe.py).
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tools.errors import UserError

MANIFEST, SBOM, PROVENANCE, ENVELOPE = "manifest.json", "sbom.cdx.json", "provenance.json", "provenance.dsse.json"
SIGNATURE = ".sig"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE, PREDICATE_TYPE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
SCHEMA = 1


def digest(data: bytes) -> dict[str, Any]:
    """Size and SHA-256 as the manifest has them."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def as_json(document: dict[str, Any]) -> str:
    """The text of a document, the same for the same content."""
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read(folder: Path, name: str) -> bytes:
    """The bytes of a file of a release; UserError where there is none."""
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise UserError(f"{name}: can't be read; got {error.strerror}, want a file of the release in {folder}. Fix: get the whole"
                        " release again") from error


def read_manifest(data: bytes) -> dict[str, Any]:
    """The manifest in a file's bytes; UserError for anything that describe.py does not write."""
    try:
        manifest = json.loads(data)
        schema = manifest["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{MANIFEST}: no manifest; got {type(error).__name__}, want JSON that names its schema. Fix: bazel build"
                        " //firmware:release again") from error
    if schema != SCHEMA:
        raise UserError(f"{MANIFEST}: written by other tools; got schema {schema}, want {SCHEMA}. Fix: use the tools of that release")
    return manifest


def version_of(text: str) -> tuple[int, ...]:
    """A version as numbers that compare; UserError for anything but three of them."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise UserError(f"version: not three numbers; got {text!r}, want such as 1.4.2. Fix: correct the version")
    return tuple(map(int, parts))


def pre_authentication(payload: bytes) -> bytes:
    """What is signed of a DSSE envelope. Source: the DSSE protocol, v1.0, PAE."""
    kind = PAYLOAD_TYPE.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
