"""A picture of one event: the voltage of its phase and its one-cycle RMS, as SVG."""

import html

import numpy as np

from model.data.recordings import rms_rule
from model.data.recordings.framing import Framed
from model.data.recordings.rms_rule import Event

_WIDTH, _HEIGHT, _MARGIN = 900, 260, 34
_AROUND_CYCLES, _POINTS_MAX = 4, 1800


def draw(framed: Framed, phase: int, event: Event) -> str:
    """The SVG of an event of `framed`'s phase, from some cycles before to some after."""
    samples = framed.samples_per_cycle
    first = max(event.start - _AROUND_CYCLES * samples, 0)
    last = min(event.end + (_AROUND_CYCLES + 1) * samples, framed.voltage_pu.shape[1])
    voltage = framed.voltage_pu[phase, first:last]
    rms = rms_rule.one_cycle_rms(voltage, samples)
    top = max(1.6, float(np.abs(voltage).max()))
    x = lambda place: _MARGIN + (_WIDTH - 2 * _MARGIN) * place / max(len(voltage) - 1, 1)  # noqa: E731
    y = lambda value: _HEIGHT / 2 - (_HEIGHT / 2 - _MARGIN) * value / top  # noqa: E731
    step = max(1, -(-len(voltage) // _POINTS_MAX))
    line = lambda places, values: " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in zip(places[::step], values[::step]))  # noqa: E731
    places = np.arange(len(voltage))
    name = f"{framed.recording.name}, {framed.recording.phases[phase].name}: {rms_rule.NAMES[event.kind]}, {event.residual_pu:.3f} pu, " \
           f"{(event.end - event.start) / samples:.1f} cycles"
    limits = "".join(f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#bbb" stroke-dasharray="4 4"/>'
                     f'<text x="2" y="{y(value) + 4:.1f}" font-size="10">{value:g}</text>' for value in (0.1, 0.9, 1.1))
    start, end = (x(place + samples - 1 - first) for place in (event.start, event.end))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">'
            f'<rect width="100%" height="100%" fill="white"/><rect x="{start:.1f}" width="{max(end - start, 1):.1f}" y="{_MARGIN}" '
            f'height="{_HEIGHT - 2 * _MARGIN}" fill="#fde9d9"/>{limits}'
            f'<polyline points="{line(places, voltage)}" fill="none" stroke="#1f77b4"/>'
            f'<polyline points="{line(places[samples - 1:], rms)}" fill="none" stroke="#d62728" stroke-width="2"/>'
            f'<text x="{_MARGIN}" y="18" font-size="13">{html.escape(name)}</text></svg>\n')
