"""A profile as text: one row per layer, columns aligned; cycles by cause."""

from dataclasses import asdict

from tools.profile.layers import Profile, Sum

_HEADER = ("layer", "kernel", "cycles", "share", "MACs", "c/MAC", "instructions", "execute", "fetch", "load-use", "flash",
           "branch", "other")
_TEXT_COLUMNS = 2


def as_table(profile: Profile, clock_hz: int) -> str:
    """The table under a line with the profile's name, the cycles and, at `clock_hz`, the time of the inference."""
    total = profile.total.cycles.total
    rows = [_row(layer.name, layer.kernel, layer.macs, profile.layer(layer.name), total) for layer in profile.layers]
    rows.append(_row("(between)", "", 0, profile.between, total))
    rows.append(_row("(all)", "", sum(layer.macs for layer in profile.layers), profile.total, total))
    widths = [max(len(row[column]) for row in [_HEADER, *rows]) for column in range(len(_HEADER))]
    lines = [_line(row, widths) for row in [_HEADER, tuple("-" * width for width in widths), *rows]]
    title = f"{profile.timing}: {total:,} cycles, {total * 1e6 / clock_hz:,.1f} us at {clock_hz / 1e6:g} MHz"
    whole = profile.total
    assumed = f"Blocks with an access that the model took for aligned SRAM: {whole.assumed_blocks:,} of {whole.blocks:,}"
    return "\n".join([title, "", *lines, "", assumed]) + "\n"


def _row(name: str, kernel: str, macs: int, part: Sum, total_cycles: int) -> tuple[str, ...]:
    cycles = part.cycles.total
    per_mac = f"{cycles / macs:.2f}" if macs else "-"
    causes = (f"{value:,}" for value in asdict(part.cycles).values())
    return (name, kernel, f"{cycles:,}", f"{cycles / total_cycles:.1%}", f"{macs:,}", per_mac, f"{part.instructions:,}", *causes)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [cell.ljust(width) if column < _TEXT_COLUMNS else cell.rjust(width)
             for column, (cell, width) in enumerate(zip(row, widths))]
    return "  ".join(cells).rstrip()
