"""How two operands of different shapes are walked together: TFLite's broadcasting as the fewest nested loops.

Inputs: two shapes. Outputs: Axes, the C loops around a kernel that takes two rows of equal length.
"""

import math
from dataclasses import dataclass, replace
from string import Template

import numpy as np

_MAX_REPEATED = 64  # A value that is repeated along the innermost axis is copied into scratch so many times.
_LOOP = Template("for (int32_t $index = 0; $index < $extent; $index++)\n$indent")


@dataclass(frozen=True)
class Axis:
    """`extent` positions; `steps` are each operand's elements from one to the next, 0 where it is repeated."""

    extent: int
    steps: tuple[int, int]


def broadcast_shape(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    """Returns the shape of the result, or None where the shapes don't fit each other."""
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        return None


def axes_of(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[Axis, ...]:
    """Returns the axes, outermost first; neighbours that both operands walk through as one are one."""
    rank = max(len(first), len(second))
    shapes = [(1,) * (rank - len(shape)) + shape for shape in (first, second)]
    axes: list[Axis] = []
    for position in reversed(range(rank)):
        extents = [shape[position] for shape in shapes]
        steps = tuple(math.prod(shape[position + 1:]) if shape[position] > 1 else 0 for shape in shapes)
        axis = Axis(max(extents), steps)
        if axis.extent == 1:
            continue
        if axes and all(step == inner * axes[0].extent for step, inner in zip(axis.steps, axes[0].steps)):
            axes[0] = replace(axes[0], extent=axes[0].extent * axis.extent)
        else:
            axes.insert(0, axis)
    return tuple(_split(axes) if axes else [Axis(1, (1, 1))])


def _split(axes: list[Axis]) -> list[Axis]:
    """Shortens an innermost axis along which one operand is repeated, where its extent has a divisor that suits."""
    inner = axes[-1]
    if all(inner.steps) or inner.extent <= _MAX_REPEATED:
        return axes
    divisors = [extent for extent in range(_MAX_REPEATED // 8, _MAX_REPEATED + 1) if inner.extent % extent == 0]
    if not divisors:
        return axes
    extent = divisors[-1]
    outer = Axis(inner.extent // extent, tuple(step * extent for step in inner.steps))
    return [*axes[:-1], outer, replace(inner, extent=extent)]


def scratch_bytes(axes: tuple[Axis, ...]) -> int:
    """Returns the scratch for a repeated value."""
    return 0 if all(axes[-1].steps) else axes[-1].extent


def loops(axes: tuple[Axis, ...], operands: tuple[str, str], output: str, scratch: str, call: Template) -> str:
    """Returns the C loops around `call`, whose $first, $second, $output and $count are the rows and their length."""
    outer, inner = axes[:-1], axes[-1]
    names = [f"i{number}" for number in range(len(outer))]
    rows = [_at(operand, names, [axis.steps[index] for axis in outer]) for index, operand in enumerate(operands)]
    lengths = [math.prod(axis.extent for axis in axes[number + 1:]) for number in range(len(outer))]
    rows = [row if step else f"memset({scratch}, *({row}), {inner.extent})" for row, step in zip(rows, inner.steps)]
    opened = "".join(_LOOP.substitute(index=name, extent=axis.extent, indent="    " * (depth + 2))
                     for depth, (name, axis) in enumerate(zip(names, outer)))
    return opened + call.substitute(first=rows[0], second=rows[1], output=_at(output, names, lengths), count=inner.extent)


def _at(pointer: str, names: list[str], steps: list[int]) -> str:
    return " + ".join([pointer, *(name if step == 1 else f"{name} * {step}" for name, step in zip(names, steps) if step)])
