"""What no other candidate beats: the Pareto front of precision against flash and cycles, and its picture."""

import html
from collections.abc import Mapping, Sequence

from model.search.candidate import Figures

_WIDTH, _HEIGHT, _MARGIN = 420, 300, 56
_AXES = (("cycles", "cycles of an inference"), ("flash_bytes", "bytes of flash"))


def beats(one: Figures, other: Figures) -> bool:
    """Whether `one` is nowhere worse than `other`, and somewhere better."""
    pairs = ((one.macro_precision, other.macro_precision), (-one.flash_bytes, -other.flash_bytes), (-one.cycles, -other.cycles))
    return all(mine >= theirs for mine, theirs in pairs) and any(mine > theirs for mine, theirs in pairs)


def front(found: Mapping[object, Figures]) -> list[object]:
    """The keys of what nothing beats, by falling precision, then by rising cycles."""
    kept = [key for key, figures in found.items() if not any(beats(other, figures) for other in found.values())]
    return sorted(kept, key=lambda key: (-found[key].macro_precision, found[key].cycles))


def picture(title: str, found: Sequence[Figures], chosen: Figures | None) -> str:
    """An SVG: precision against cycles and against flash; the front is filled, the chosen candidate ringed."""
    kept = front(dict(enumerate(found)))
    panels = [_panel(index, name, label, found, kept, chosen) for index, (name, label) in enumerate(_AXES)]
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * _WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">',
                      f'<rect width="100%" height="100%" fill="white"/><text x="{_MARGIN}" y="18" font-size="13">{html.escape(title)}</text>',
                      *panels, "</svg>", ""])


def _panel(index: int, name: str, label: str, found: Sequence[Figures], kept: Sequence[int], chosen: Figures | None) -> str:
    across, up = [getattr(one, name) for one in found], [one.macro_precision for one in found]
    place = lambda value, values, low, high: low + (high - low) * (value - min(values)) / ((max(values) - min(values)) or 1)  # noqa: E731
    left = index * _WIDTH
    x = lambda value: place(value, across, left + _MARGIN, left + _WIDTH - 20)  # noqa: E731
    y = lambda value: place(value, up, _HEIGHT - _MARGIN, 40)  # noqa: E731
    parts = [f'<path d="M{left + _MARGIN - 8} 30V{_HEIGHT - _MARGIN + 8}H{left + _WIDTH - 10}" fill="none" stroke="#888"/>',
             f'<text x="{left + _WIDTH / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{label}</text>']
    parts += [f'<text x="{x(value):.1f}" y="{_HEIGHT - _MARGIN + 22}" text-anchor="middle">{value:,}</text>' for value in sorted({min(across), max(across)})]
    parts += [f'<text x="{left + _MARGIN - 12}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4f}</text>' for value in sorted({min(up), max(up)})]
    for number, one in enumerate(found):
        fill = "#1f6feb" if number in kept else "none"
        parts.append(f'<circle cx="{x(getattr(one, name)):.1f}" cy="{y(one.macro_precision):.1f}" r="4" fill="{fill}" stroke="#1f6feb"/>')
        if one == chosen:
            parts.append(f'<circle cx="{x(getattr(one, name)):.1f}" cy="{y(one.macro_precision):.1f}" r="8" fill="none" stroke="#d1242f" stroke-width="2"/>')
    return "\n".join(parts)
