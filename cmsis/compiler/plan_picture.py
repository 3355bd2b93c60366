"""Draws a memory plan: steps to the right, bytes of the arena downwards.

Inputs: a Graph and its Plan. Outputs: an SVG, equal for equal plans. What shows bytes of another place is an outline on it.
"""

from html import escape

from cmsis.compiler.ir import Graph
from cmsis.compiler.planner import Place, Plan

_STEP_PIXELS = 64
_HEIGHT_PIXELS = 512
_LEFT, _TOP, _BOTTOM, _RIGHT = 64, 40, 24, 16
_GRID_LINES = 8
_TEXT_PIXELS, _CHARACTER_PIXELS = 10, 6
_COLORS = (("scratch", "#d9d9d9"), ("state", "#f4c27a"), ("tensor", "#9fc5e8"))


def picture(graph: Graph, plan: Plan) -> str:
    """Returns the text of the SVG."""
    width = _LEFT + max(1, len(plan.steps)) * _STEP_PIXELS + _RIGHT
    height = _TOP + _HEIGHT_PIXELS + _BOTTOM
    places = [place for place in plan.places if place.buffer is None]
    outlines = [place for place in places if any(_covers(other, place) for other in places)]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"'
             f' font-size="{_TEXT_PIXELS}">', f"<title>{escape(graph.name)}: {plan.arena_bytes} bytes</title>",
             f'<rect width="{width}" height="{height}" fill="white"/>', *_grid(plan), *_legend()]
    parts += [_rectangle(graph, plan, place, filled=True) for place in places if place not in outlines]
    parts += [_rectangle(graph, plan, place, filled=False) for place in outlines]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _covers(other: Place, place: Place) -> bool:
    """Returns whether the other place holds these bytes all the time; of two equal ones, whether it is the first."""
    inside = (other.offset <= place.offset and place.offset + place.size_bytes <= other.offset + other.size_bytes
              and other.first <= place.first and place.last <= other.last)
    key, mine = ((one.size_bytes, one.last - one.first, -(-1 if one.tensor is None else one.tensor)) for one in (other, place))
    return inside and place.tensor is not None and key > mine


def _grid(plan: Plan) -> list[str]:
    lines = []
    for index in range(_GRID_LINES + 1):
        offset = plan.arena_bytes * index // _GRID_LINES
        y = _y(plan, offset)
        lines.append(f'<line x1="{_LEFT}" y1="{y}" x2="{_x(len(plan.steps))}" y2="{y}" stroke="#eeeeee"/>')
        lines.append(f'<text x="{_LEFT - 4}" y="{y + 3}" text-anchor="end">{offset}</text>')
    for step, operator in enumerate(plan.steps):
        lines.append(f'<text x="{_x(step) + 2}" y="{_TOP - 6}"><title>{escape(operator.layer)}: {operator.builtin}</title>'
                     f"{step}</text>")
    return lines


def _legend() -> list[str]:
    parts = ['<text x="4" y="14">step and bytes</text>']
    for index, (name, color) in enumerate(_COLORS):
        x = 120 + 80 * index
        parts.append(f'<rect x="{x}" y="5" width="10" height="10" fill="{color}" stroke="#666666"/>'
                     f'<text x="{x + 14}" y="14">{name}</text>')
    return parts


def _rectangle(graph: Graph, plan: Plan, place: Place, filled: bool) -> str:
    kind = "scratch" if place.tensor is None else "state" if graph.tensors[place.tensor].state else "tensor"
    x, y = _x(place.first), _y(plan, place.offset)
    width, height = _x(place.last + 1) - x, max(1, _y(plan, place.offset + place.size_bytes) - y)
    title = (f"{escape(place.name)}: {place.size_bytes} bytes at {place.offset}, step {place.first} to {place.last}")
    style = f'fill="{dict(_COLORS)[kind]}" stroke="#666666"' if filled else 'fill="none" stroke="#666666" stroke-dasharray="3 2"'
    text = ""
    if filled and height > _TEXT_PIXELS:
        label = place.name[:max(1, width // _CHARACTER_PIXELS - 1)]
        text = f'<text x="{x + 3}" y="{y + _TEXT_PIXELS}">{escape(label)}</text>'
    return f'<g><title>{title}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" {style}/>{text}</g>'


def _x(step: int) -> int:
    return _LEFT + step * _STEP_PIXELS


def _y(plan: Plan, offset: int) -> int:
    return _TOP + offset * _HEIGHT_PIXELS // plan.arena_bytes
