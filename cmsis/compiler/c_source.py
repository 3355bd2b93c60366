"""Pieces of C that operators share: array constants and small structs. Text only, no decisions."""

from collections.abc import Iterable
from textwrap import wrap

import numpy as np

from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import Constant, DType, Tensor
from cmsis.compiler.wide_multiplier import WideMultiplier

_COLUMNS = 112


def type_name(dtype: DType) -> str:
    """Returns the C type of one element."""
    return "float" if dtype is DType.FLOAT32 else f"{dtype.value}_t"


def comment(text: str) -> str:
    """Returns text that can't end a C comment, whatever the model file calls its layers."""
    return "".join(character if character.isalnum() or character in "_-./ " else "?" for character in text
                   if character.isascii()).replace("*/", "?")


def number(value: float | int) -> str:
    """Returns a C literal: the shortest of a float32, or a decimal one."""
    return f"{float(str(np.float32(value)))!r}f" if isinstance(value, float) else str(value)


def array(name: str, c_type: str, values: Iterable[int], in_sram: bool = False) -> Constant:
    """Returns a constant array; weights are aligned to what flash reads at once, which the kernels' loads like but don't need.

    One that lies in SRAM is no `const`, lest compilers put it into flash all the same.
    """
    items = [f"{value:#010x}" if c_type == "uint32_t" else literal(value) for value in values]
    lines = "\n    ".join(wrap(", ".join(items), _COLUMNS))
    aligned = "" if c_type == "int32_t" else " EDGEPLUG_ALIGNED"
    const, place = ("", " EDGEPLUG_IN_SRAM") if in_sram else ("const ", "")
    return Constant(name, f"static {const}{c_type} {name}[{len(items)}]{aligned}{place} = {{\n    {lines}}};")


def axes(values: tuple[tuple[int, int, int], ...]) -> Constant:
    """Returns an array of edgeplug_axis (extent, source stride, target stride); equal ones share a name and so a place."""
    name = "axes" + "".join("_" + "_".join(str(value).replace("-", "m") for value in axis) for axis in values)
    items = ", ".join("{" + ", ".join(map(str, axis)) + "}" for axis in values)
    return Constant(name, f"static const edgeplug_axis {name}[{len(values)}] = {{{items}}};")


def moved(pointer: str, elements: int) -> str:
    """Returns a pointer expression so many elements further on."""
    return f"{pointer} + {elements}" if elements else pointer


def dims(n: int, h: int, w: int, c: int) -> Constant:
    """Returns a cmsis_nn_dims; equal ones share a name and so a place."""
    name = f"dims_{n}_{h}_{w}_{c}"
    return Constant(name, f"static const cmsis_nn_dims {name} = {{{n}, {h}, {w}, {c}}};")


def image_dims(tensor: Tensor) -> Constant:
    """Returns the cmsis_nn_dims of a [1, H, W, C] tensor."""
    return dims(*tensor.shape)


def struct(name: str, c_type: str, members: str) -> Constant:
    """Returns a constant struct with the given initialiser."""
    return Constant(name, f"static const {c_type} {name} = {{{members}}};")


def clamp(value: Clamp) -> str:
    """Returns the initialiser of a cmsis_nn_activation."""
    return f"{{{value.low}, {value.high}}}"


def per_channel(prefix: str, multipliers: tuple[Multiplier, ...]) -> tuple[Constant, ...]:
    """Returns multipliers, shifts and the cmsis_nn_per_channel_quant_params PREFIX_quant that points to them."""
    # CMSIS-NN's struct points to int32_t without const, though its kernels only read.
    return (
        array(f"{prefix}_multipliers", "int32_t", [multiplier.value for multiplier in multipliers]),
        array(f"{prefix}_shifts", "int32_t", [multiplier.shift for multiplier in multipliers]),
        struct(f"{prefix}_quant", "cmsis_nn_per_channel_quant_params",
               f"(int32_t *){prefix}_multipliers, (int32_t *){prefix}_shifts"),
    )


def factors(name: str, values: tuple[WideMultiplier, ...]) -> Constant:
    """Returns an array of edgeplug_factor."""
    items = ", ".join(f"{{{value.high}, {value.low}u, {value.shift}}}" for value in values)
    lines = "\n    ".join(wrap(items, _COLUMNS))
    return Constant(name, f"static const edgeplug_factor {name}[{len(values)}] = {{\n    {lines}}};")


def context(scratch: str, size_bytes: int) -> str:
    """Returns a cmsis_nn_context as a compound literal."""
    return f"&(cmsis_nn_context){{{scratch}, {size_bytes}}}"


def literal(value: int) -> str:
    """Returns a C constant."""
    # The most negative int32 has no literal of its own type.
    return f"({value + 1} - 1)" if value == -(1 << 31) else str(int(value))
