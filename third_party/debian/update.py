"""Rewrites the locks of Debian packages from what the machine's apt offers now.

Run it as `bazel run //third_party/debian:update` after `apt-get update`. The packages of each debs.lock stay the same;
their versions, pool paths and hashes are looked up again. To add a package, add a line with its name alone.
"""

import os
import pathlib
import subprocess
import sys

_HEADER = "# Locked by `bazel run //third_party/debian:update`: package version path sha256.\n"


def offered(package: str, suite: str = "bookworm") -> str:
    """The lock line of a package as the main suite has it: its pool keeps old versions, the security suite's does not.

    Raises SystemExit with the package's name when apt does not know it.
    """
    shown = subprocess.run(["apt-cache", "show", f"{package}"], capture_output=True, text=True, check=False).stdout
    policy = subprocess.run(["apt-cache", "madison", package], capture_output=True, text=True, check=False).stdout
    versions = [line.split("|")[1].strip() for line in policy.splitlines() if f" {suite}/main " in line]
    for record in shown.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in record.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Version") in versions and "Filename" in fields:
            return f"{package} {fields['Version']} {fields['Filename']} {fields['SHA256']}\n"
    sys.exit(f"error: {package}: not in {suite}/main; got versions {versions or 'none'}. Fix: apt-get update")


def main() -> None:
    root = pathlib.Path(os.environ["BUILD_WORKSPACE_DIRECTORY"], "third_party")
    for lock in sorted(root.glob("*/debs.lock")):
        packages = [line.split(" ")[0] for line in lock.read_text().splitlines() if line and line[0] != "#"]
        lock.write_text(_HEADER + "".join([offered(package) for package in packages]))
        print(f"{lock}: {len(packages)} packages locked")


if __name__ == "__main__":
    main()
