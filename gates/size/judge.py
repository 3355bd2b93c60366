"""Judges a size measurement: the image fits its share of flash, and what it uses of SRAM fits too."""

from typing import Any

from gates.check import Check


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """Checks of flash and SRAM, both in bytes.

    Args:
        measurement: as gates/size/measure.py writes it.
        spec: the network's spec; its `gates.size` holds the limits.
    """
    limits = spec.gates.size
    return (
        _fits("flash", measurement["flash_bytes"], limits.flash_bytes_max, measurement["largest_flash"],
              "shrink the network or the firmware, or raise gates.size.flash_bytes_max in the spec"),
        _fits("SRAM", measurement["sram_bytes"], limits.sram_bytes_max, measurement["largest_sram"],
              "shrink the arena's largest tensors, or raise gates.size.sram_bytes_max in the spec"),
        Check("SRAM: static", _bytes(measurement["static_bytes"])),
        Check("SRAM: deepest stack", f"{_bytes(measurement['stack_bytes'])} ({measurement['stack_deepest']})"),
    )


def _fits(memory: str, got: int, limit: int, largest: list[dict[str, Any]], fix: str) -> Check:
    failure = ""
    if got > limit:
        top = ", ".join(f"{entry['name']} {_bytes(entry['bytes'])}" for entry in largest[:3])
        failure = f"size: {memory} {_bytes(got)} exceeds {_bytes(limit)} by {_bytes(got - limit)}; largest: {top}. Fix: {fix}"
    return Check(memory, _bytes(got), f"<= {_bytes(limit)}", failure)


def _bytes(count: int) -> str:
    return f"{count:,} B"
