"""An image that the search links is the one that Bazel links, byte for byte; so its figures are those of the build."""

from pathlib import Path

from cmsis.compiler.emitter import Library
from model.search.image import image_of, link_image
from tools.link.kit import read_kit

NETWORK = Path("model/voltage_event")


def test_the_image_is_that_of_the_build() -> None:
    source, header, plan = ((NETWORK / "voltage_event_c_source" / f"voltage_event{suffix}").read_text(encoding="utf-8")
                            for suffix in (".c", ".h", ".plan.json"))
    kit = read_kit()
    linked = image_of(kit, link_image(kit, Library(source, header, plan, ""), "stm32l476", has_detector=True))
    assert linked == (NETWORK / "voltage_event_program.bin").read_bytes()
