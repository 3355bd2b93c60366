"""Makes an installed site-packages tree the same everywhere, and writes its BUILD file.

Usage: arrange_site.py SITE BUILD (run by the repository rule pip_site with the locked interpreter, before any wheel
can be imported: the standard library is all there is).
"""

import compileall
import importlib.metadata
import pathlib
import py_compile
import re
import shutil
import sys

# Not needed to run anything; C++ headers alone are 8,000 files.
_SKIP = re.compile(r"(^|/)tests/|\.(h|hpp|inc|pyi|cc|cu|cuh|proto|lib|cmake|pc|pxd|pyx|pyc)$|(^|/)include/")

# Both have the same modules; only the one without CUDA is locked.
_PROVIDED_BY = {"tensorflow": "tensorflow_cpu"}


def normalise(site: pathlib.Path) -> None:
    """Removes what names the installing machine and compiles every module to hash-based, path-free .pyc files."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    for record in site.glob("*.dist-info/RECORD"):
        # Scripts outside the tree: their hash covers a shebang with an absolute path.
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if not line.startswith("../")))
    compileall.compile_dir(
        site,
        quiet=2,
        workers=2,
        stripdir=str(site),
        prependdir="/site",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def label_name(distribution: str) -> str:
    """The py_library's name: normalised as by rules_python."""
    name = re.sub(r"[-_.]+", "_", distribution).lower()
    return _PROVIDED_BY.get(name, name)


def files_of(distribution: importlib.metadata.Distribution, site: pathlib.Path) -> tuple[list[str], list[str]]:
    """The distribution's modules, and its other files with the compiled modules among them; relative to the BUILD file."""
    sources, data = [], []
    for name in sorted(str(file) for file in distribution.files or []):
        if name.startswith("..") or " " in name or _SKIP.search(name) or not (site / name).is_file():
            continue
        if not name.endswith(".py"):
            data.append(f"site/{name}")
            continue
        sources.append(f"site/{name}")
        path = pathlib.PurePosixPath(name)
        compiled = path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc"
        if (site / compiled).is_file():
            data.append(f"site/{compiled}")
    return sources, data


def build_file(site: pathlib.Path) -> str:
    """One py_library per distribution, its dependencies those of Requires-Dist that are installed."""
    installed = {label_name(d.metadata["Name"]): d for d in importlib.metadata.distributions(path=[str(site)])}
    parts = [
        'load("@rules_python//python:defs.bzl", "py_library")\n\n'
        'package(default_visibility = ["//visibility:public"])\n'
    ]
    for name, distribution in sorted(installed.items()):
        required = (r for r in distribution.requires or [] if "extra ==" not in r)
        names = {label_name(re.match(r"[A-Za-z0-9._-]+", r).group(0)) for r in required}
        sources, data = files_of(distribution, site)
        parts.append(
            f"py_library(\n    name = {name!r},\n    srcs = {sources!r},\n    data = {data!r},\n"
            f"    imports = ['site'],\n    deps = {sorted(':' + n for n in names if n in installed and n != name)!r},\n)\n"
        )
    return "\n".join(parts)


def main(arguments: list[str]) -> None:
    site = pathlib.Path(arguments[0]).resolve()
    normalise(site)
    pathlib.Path(arguments[1]).write_text(build_file(site))


if __name__ == "__main__":
    main(sys.argv[1:])
