"""A profile as a flame graph: an SVG that needs nothing but a browser.

Layout: the inference at the bottom, what it calls above it, in the order of execution; width is cycles. The innermost boxes
in brackets are causes of waiting. A box's title, shown by the browser under the pointer, has name, cycles and share.
"""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from tools.profile.layers import Profile
from tools.profile.speedscope import stacks

_WIDTH_PX, _ROW_PX, _MARGIN_PX, _CHARACTER_PX = 1200, 18, 10, 6.6
_NARROWEST_PX = 0.2
_TITLE_ROWS = 2
_FUNCTION_COLOURS = ("#d9653b", "#e08a3c", "#e3a84a", "#cf7a5a")
_CAUSE_COLOURS = {
    "[fetch]": "#7aa6c2", "[load_use]": "#8fbf8f", "[flash]": "#5b7fb5", "[branch]": "#b59ac9", "[other]": "#a0a0a0",
}  # fmt: skip


@dataclass
class _Box:
    """A frame with its callees; `cycles` include theirs."""

    name: str
    cycles: int = 0
    callees: dict[str, "_Box"] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return 1 + max((box.rows for box in self.callees.values()), default=0)


def as_svg(network: str, profile: Profile) -> str:
    """The flame graph of `profile`."""
    (root,) = _boxes(profile).callees.values()
    height = (root.rows + _TITLE_ROWS) * _ROW_PX + 2 * _MARGIN_PX
    title = f"{network}, {profile.timing}: {root.cycles:,} cycles"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{height}" '
        f'viewBox="0 0 {_WIDTH_PX} {height}" font-family="monospace" font-size="11">',
        f'<rect width="{_WIDTH_PX}" height="{height}" fill="#fffdf8"/>',
        f'<text x="{_MARGIN_PX}" y="{_MARGIN_PX + 14}" font-size="14">{escape(title)}</text>',
    ]
    per_cycle_px = (_WIDTH_PX - 2 * _MARGIN_PX) / root.cycles
    _draw(root, _MARGIN_PX, height - _MARGIN_PX - _ROW_PX, per_cycle_px, root.cycles, lines)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _boxes(profile: Profile) -> _Box:
    top = _Box("")
    for stack, cycles in stacks(profile):
        box = top
        for name in stack:
            box = box.callees.setdefault(name, _Box(name))
            box.cycles += cycles
    return top


def _draw(box: _Box, left_px: float, top_px: int, per_cycle_px: float, all_cycles: int, lines: list[str]) -> None:
    width_px = box.cycles * per_cycle_px
    if width_px < _NARROWEST_PX:
        return
    name = escape(box.name)
    letters = int((width_px - 4) / _CHARACTER_PX)
    shown = box.name if len(box.name) <= letters else box.name[: letters - 1] + "…" if letters > 2 else ""
    lines.append(
        f'<g><title>{name}: {box.cycles:,} cycles, {box.cycles / all_cycles:.1%}</title>'
        f'<rect x="{left_px:.2f}" y="{top_px}" width="{width_px:.2f}" height="{_ROW_PX - 1}" fill="{_colour(box.name)}"/>'
        f'<text x="{left_px + 2:.2f}" y="{top_px + 13}">{escape(shown)}</text></g>'
    )
    for callee in box.callees.values():
        _draw(callee, left_px, top_px - _ROW_PX, per_cycle_px, all_cycles, lines)
        left_px += callee.cycles * per_cycle_px


def _colour(name: str) -> str:
    return _CAUSE_COLOURS.get(name) or _FUNCTION_COLOURS[sum(name.encode()) % len(_FUNCTION_COLOURS)]
