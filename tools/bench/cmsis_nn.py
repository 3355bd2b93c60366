"""Builds Arm's CMSIS-NN, to be linked where our kernels would be.

Purpose: figures side by side. Inputs: a folder with CMSIS-NN's sources (Include, Source), which nobody here keeps, and a kit.
Outputs: a kit that links them, compiled by the same compiler for the same core with -O2, their own recommendation. What their
API lacks is still ours. Errors: UserError for a folder without them, or sources that do not compile.
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.errors import UserError
from tools.link.kit import Kit, compile_c, make_archive, workshop

_FLAGS = ("-O2", "-w", "-std=gnu11")
_FLOAT_SUFFIXES = ("_f32", "_f16", "_flt")
_WORKERS = 2


def cmsis_nn_kit(kit: Kit, sources: Path, folder: Path) -> Kit:
    """`kit` with the library in `sources` in the place of our kernels; objects go to `folder`, which must outlive the kit."""
    header = sources / "Include/arm_nnfunctions.h"
    files = [file for file in sorted((sources / "Source").rglob("*.c")) if not file.stem.endswith(_FLOAT_SUFFIXES)]
    if not header.is_file() or not files:
        raise UserError(f"{sources}: no CMSIS-NN; got no Include/arm_nnfunctions.h or no Source/**/*.c, want its repository. "
                        "Fix: clone https://github.com/ARM-software/CMSIS-NN and name that folder")
    compiler, *flags = kit.compile
    # Their headers come first: ours declare the same functions under the same name.
    theirs = dataclasses.replace(kit, compile=(compiler, f"-I{header.parent}", *flags))
    folder = folder.resolve()
    objects = [str(folder / f"{index}_{file.stem}.o") for index, file in enumerate(files)]
    with workshop(theirs) as shop:
        def build(pair: tuple[Path, str]) -> None:
            compile_c(theirs, shop, str(pair[0].resolve()), pair[1], _FLAGS)

        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(build, zip(files, objects)))
        make_archive(theirs, shop, str(folder / "libcmsis_nn.a"), objects)
        # As an archive, ours give only what is still missing.
        make_archive(theirs, shop, str(folder / "libours.a"), kit.libraries)
    return dataclasses.replace(theirs, libraries=(str(folder / "libcmsis_nn.a"), str(folder / "libours.a")))
