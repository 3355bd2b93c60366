"""Resolves each requirements.in of third_party and rewrites the requirements.lock beside it with the SHA-256 of every wheel.

Run it as `bazel run //third_party/pip:update`; it asks the package index that pip is configured for.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

# tf-keras asks for `tensorflow`; the package without CUDA has the same modules (arrange_site.py knows, too).
_PROVIDED = {"tensorflow"}
# In a requirements.in that lists all it wants.
_ALONE = "# pip: --no-deps"
_HEADER = "# Locked by `bazel run //third_party/pip:update` from requirements.in; do not edit.\n"


def pip_wheel() -> str:
    """The pip that ships with the locked interpreter."""
    return str(next(pathlib.Path(sys.prefix, "share", "python-wheels").glob("pip-*.whl")) / "pip")


def resolve(requirements: pathlib.Path, constraints: pathlib.Path) -> dict:
    """pip's installation report (PEP 710) for a fresh environment, wheels only. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.json")
        command = [sys.executable, pip_wheel(), "install", "--dry-run", "--ignore-installed", "--only-binary", ":all:"]
        command += ["--quiet", "--report", str(report), "--requirement", str(requirements)]
        command += ["--constraint", str(constraints)]
        if _ALONE in requirements.read_text():
            command.append("--no-deps")
        subprocess.run(command, check=True)
        return json.loads(report.read_text())


def lock_lines(report: dict) -> list[str]:
    """`name==version --hash=sha256:...` per distribution, sorted by name."""
    lines = []
    for entry in report["install"]:
        metadata, sha256 = entry["metadata"], entry["download_info"]["archive_info"]["hashes"]["sha256"]
        if metadata["name"] in _PROVIDED:
            continue
        lines.append(f"{metadata['name'].lower()}=={metadata['version']} --hash=sha256:{sha256}\n")
    return sorted(lines)


def update(folder: pathlib.Path) -> None:
    """Rewrites the lock of one folder."""
    lock = folder / "requirements.lock"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        # What is locked stays at its version, unless requirements.in asks for another.
        asked = {line.split("==")[0] for line in (folder / "requirements.in").read_text().splitlines()}
        kept = lock.read_text().splitlines() if lock.exists() and "--upgrade" not in sys.argv else []
        names = [line.split(" ")[0] for line in kept if "==" in line and line.split("==")[0] not in asked]
        constraints.write("\n".join(names))
        constraints.flush()
        lines = lock_lines(resolve(folder / "requirements.in", pathlib.Path(constraints.name)))
    lock.write_text(_HEADER + "".join(lines))
    print(f"{lock}: {len(lines)} wheels locked")


def main() -> None:
    for requirements in sorted(pathlib.Path(os.environ["BUILD_WORKSPACE_DIRECTORY"], "third_party").glob("*/requirements.in")):
        update(requirements.parent)


if __name__ == "__main__":
    main()
