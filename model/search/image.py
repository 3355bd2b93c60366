"""Links the image of a network at run time: the same sources, flags and libraries as edgeplug_network, hence the same bytes.

Inputs: the compiler's library of a network and the kit (tools/link). Outputs: the sealed ELF. Errors: UserError.
"""

import json
from pathlib import Path

from cmsis.compiler.emitter import Library
from firmware import network_header
from firmware.seal import sealed
from tools.link.kit import Kit, compile_c, run_command, workshop

_FIRMWARE = ("detector", "frame", "image", "main", "service")
# firmware/defs.bzl, and the language of //firmware, which is newer than that of generated C.
_FLAGS = ("-I.", "-std=c11", "-fno-tree-loop-distribute-patterns")


def link_image(kit: Kit, library: Library, board: str, has_detector: bool) -> bytes:
    """The ELF of the image of `library` for `board`, a folder of firmware/boards."""
    plan = json.loads(library.plan)
    name = plan["name"]
    with workshop(kit) as folder:
        (folder / f"{name}.h").write_text(library.header, encoding="utf-8")
        (folder / f"{name}.c").write_text(library.source, encoding="utf-8")
        (folder / f"{name}.plan.json").write_text(library.plan, encoding="utf-8")
        network = network_header.read_plan(str(folder / f"{name}.plan.json"))
        (folder / "network.h").write_text(network_header.render(network, f"{name}.h", has_detector), encoding="utf-8")
        sources = [f"firmware/{source}.c" for source in _FIRMWARE]
        libraries = [f"firmware/boards/{board}/clock.c", f"firmware/boards/{board}/uart.c", "firmware/cortex_m4/fault.c", "firmware/cortex_m4/startup.c"]
        objects = []
        for source in (*sources, *libraries, f"{name}.c"):
            objects.append(source.replace("/", "_").removesuffix(".c") + ".o")
            compile_c(kit, folder, source, objects[-1], ("-I.",) if source == f"{name}.c" else _FLAGS)
        run_command(kit, folder, (*kit.link, "-o", "linked.elf", "-T", f"firmware/boards/{board}/link.ld", *objects, *kit.libraries))
        return sealed((folder / "linked.elf").read_bytes())


def image_of(kit: Kit, elf: bytes) -> bytes:
    """The flash image in an ELF."""
    with workshop(kit) as folder:
        (folder / "image.elf").write_bytes(elf)
        run_command(kit, folder, (kit.compile[0].removesuffix("gcc") + "objcopy", "-O", "binary", "image.elf", "image.bin"))
        return Path(folder / "image.bin").read_bytes()
