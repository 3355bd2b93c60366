"""Describes a release: manifest, CycloneDX SBOM and SLSA provenance of an image, without time stamps or names of machines.

Inputs: the image and all artifacts on the way to it, the plan, the gates' report, the locks of what builds it (third_party), a
version. Outputs: manifest.json, sbom.cdx.json, provenance.json (contents.py). Equal inputs give equal bytes.
Errors: UserError where a gate failed, the image has no seal, or a lock can't be read.
Sources: CycloneDX 1.5 (ECMA-424); in-toto Statement v1; SLSA provenance v1.
"""

import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from absl import flags

from firmware.release import contents
from firmware.seal import BUILD_BYTES, SEAL_BYTES, is_sealed
from gates import measurement
from tools import errors

# What of the compiler's packages is linked into images; everything else only builds.
_LINKED = ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi")
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122's for URLs
_BUILD_TYPE = "https://slsa.dev/provenance/v1#bazel-build"
_WHEEL = re.compile(r"(?P<name>\S+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})")
_PACKAGE = re.compile(r"(?P<name>\S+) (?P<version>\S+) \S+ (?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True)
class Dependency:
    """A locked package: `kind` is pypi or deb, `group` the folder of third_party."""

    kind: str
    group: str
    name: str
    version: str
    sha256: str

    @property
    def url(self) -> str:
        """Its package URL (purl)."""
        return f"pkg:{self.kind}/{'debian/' if self.kind == 'deb' else ''}{self.name}@{self.version}"


def dependencies(lock: Path) -> list[Dependency]:
    """The packages of a debs.lock or a requirements.lock; raises UserError."""
    kind, pattern = ("pypi", _WHEEL) if lock.name == "requirements.lock" else ("deb", _PACKAGE)
    found = []
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), 1):
        match = pattern.fullmatch(line)
        if match:
            found.append(Dependency(kind, lock.parent.name, **match.groupdict()))
        elif line and not line.startswith("#"):
            raise errors.UserError(f"{lock}: line {number} locks nothing; got {line!r}, want a name, a version and a SHA-256. Fix:"
                                   " run the update that third_party/README.md names")
    return found


def manifest(version: str, plan: dict, report: dict, size: dict, image: tuple[str, bytes], files: dict[str, bytes],
             artifacts: dict[str, bytes], locked: list[Dependency], target: str) -> dict[str, Any]:
    """The manifest: what the release is, what it must weigh, and every hash.

    Raises:
        errors.UserError: as the module's docstring says.
    """
    contents.version_of(version)
    name, data = image
    failed = [row["failure"] for row in [*report["rows"], *report["environments"]] if row["verdict"] == "FAILED"]
    if failed:
        raise errors.UserError(f"release: a gate failed; got {failed[0]}, want all gates held. Fix: bazel test //gates/...")
    if not is_sealed(data):
        raise errors.UserError(f"{name}: has no seal; got {data[-SEAL_BYTES:].hex()}, want its own. Fix: link it with sealed = True")
    build, crc = data[-SEAL_BYTES:][:BUILD_BYTES], data[-SEAL_BYTES:][BUILD_BYTES:]
    return {
        "schema": contents.SCHEMA, "name": plan["name"], "version": version, "target": target, "classes": plan["classes"],
        "input": plan["input"], "output": plan["output"],
        "image": {"file": name, "build": build.hex(), "crc32": int.from_bytes(crc, "little"), **contents.digest(data)},
        "flash_bytes": size["flash_bytes"], "sram_bytes": size["sram_bytes"],
        "files": {file: contents.digest(content) for file, content in sorted(files.items())},
        "artifacts": {file: contents.digest(content) for file, content in sorted(artifacts.items())},
        "dependencies": [{"kind": one.kind, "group": one.group, "name": one.name, "version": one.version, "sha256": one.sha256}
                         for one in locked],
        "gates": [{column: row[column] for column in ("gate", "what", "measured", "limit", "verdict")} for row in report["rows"]],
    }


def sbom(name: str, version: str, image: bytes, model: tuple[str, bytes], locked: list[Dependency]) -> dict[str, Any]:
    """CycloneDX 1.5: the firmware, the network in it, what is linked in (required) and what built it (excluded)."""
    unique = {one.url: one for one in locked}
    reference = f"pkg:generic/{name}@{version}"
    weights = f"pkg:generic/{name}-model@{version}"
    components = [{"type": "machine-learning-model", "bom-ref": weights, "name": model[0], "version": version, "scope": "required",
                   "hashes": _hashes(contents.digest(model[1])["sha256"])}]
    components += [{"type": "library" if one.name in _LINKED else "application", "bom-ref": url, "name": one.name,
                    "version": one.version, "purl": url, "scope": "required" if one.name in _LINKED else "excluded",
                    "hashes": _hashes(one.sha256)} for url, one in sorted(unique.items())]
    linked = sorted(url for url, one in unique.items() if one.name in _LINKED)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, contents.digest(image)['sha256'])}",
        "metadata": {"component": {"type": "firmware", "bom-ref": reference, "name": name, "version": version,
                                   "hashes": _hashes(contents.digest(image)["sha256"])}},
        "components": components,
        "dependencies": [{"ref": reference, "dependsOn": sorted([weights, *linked])}],
    }


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def provenance(label: str, image: tuple[str, bytes], artifacts: dict[str, bytes], locked: list[Dependency]) -> dict[str, Any]:
    """An in-toto statement about the image: by which build it was made, and of what."""
    materials = [{"uri": one.url, "digest": {"sha256": one.sha256}} for one in locked]
    sources = [{"name": name, "digest": {"sha256": contents.digest(data)["sha256"]}} for name, data in sorted(artifacts.items())]
    return {
        "_type": contents.STATEMENT_TYPE,
        "subject": [{"name": image[0], "digest": {"sha256": contents.digest(image[1])["sha256"]}}],
        "predicateType": contents.PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {"buildType": _BUILD_TYPE, "externalParameters": {"target": label}, "internalParameters": {},
                                "resolvedDependencies": materials},
            "runDetails": {"builder": {"id": f"{_BUILD_TYPE}-sandbox"}, "byproducts": sources},
        },
    }


def _define_flags() -> None:
    for name in ("image", "int8", "plan", "report", "size"):
        flags.DEFINE_string(name, None, "an artifact", required=True)
    flags.DEFINE_list("file", [], "further files of the release")
    flags.DEFINE_list("artifact", [], "all artifacts on the way to the image")
    flags.DEFINE_list("lock", [], "debs.lock and requirements.lock files")
    flags.DEFINE_string("version", None, "three numbers", required=True)
    flags.DEFINE_string("target", None, "the board", required=True)
    flags.DEFINE_string("label", None, "what Bazel built", required=True)
    flags.DEFINE_string("output", None, "the folder for all files of the release", required=True)


def _read(path: str) -> tuple[str, bytes]:
    return Path(path).name, Path(path).read_bytes()


def main(_: list[str]) -> None:
    args, output = flags.FLAGS, Path(flags.FLAGS.output)
    image, model, artifacts = _read(args.image), _read(args.int8), dict(map(_read, args.artifact))
    locked = [one for lock in args.lock for one in dependencies(Path(lock))]
    plan = json.loads(Path(args.plan).read_text(encoding="utf-8"))
    files = dict([image, *map(_read, args.file)])
    files[contents.SBOM] = contents.as_json(sbom(plan["name"], args.version, image[1], model, locked)).encode()
    files[contents.PROVENANCE] = contents.as_json(provenance(args.label, image, artifacts, locked)).encode()
    files[contents.MANIFEST] = contents.as_json(manifest(
        args.version, plan, measurement.read(args.report), measurement.read(args.size), image, files, artifacts, locked,
        args.target)).encode()
    output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        measurement.write_bytes(str(output / name), data)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
