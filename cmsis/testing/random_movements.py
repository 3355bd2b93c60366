"""Random models of operators that move bytes or sum over axes; see random_models.py."""

import numpy as np

from cmsis.testing.random_models import random_int8, random_scale, random_zero_point
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema


def _shape(rng: np.random.Generator, most_axes: int = 4, most: int = 7, least_axes: int = 1) -> tuple[int, ...]:
    """Returns [1, ...] with one to `most_axes` further extents; one in four of them is 1."""
    rank = int(rng.integers(least_axes, most_axes + 1))
    return (1, *(1 if rng.random() < 0.25 else int(rng.integers(2, most + 1)) for _ in range(rank)))


class _Like:
    """Makes values of one quantisation, which is int8, or int16 where wanted."""

    def __init__(self, rng: np.random.Generator, wide: bool = False):
        self._rng, self._dtype = rng, "int16" if wide and rng.random() < 0.25 else "int8"
        self._quantization = (random_scale(rng),), (random_zero_point(rng) if self._dtype == "int8" else 0,)

    @property
    def zero_point(self) -> int:
        return self._quantization[1][0]

    def value(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None) -> Value:
        return Value(name, tuple(shape), self._dtype, *self._quantization, data=data)


def _integers(name: str, values, shape: tuple[int, ...] | None = None) -> Value:
    data = np.array(values, np.int32)
    return Value(name, data.shape if shape is None else shape, "int32", data=data)


def transpose(rng: np.random.Generator) -> bytes:
    """A TRANSPOSE of two to five axes; the batch stays in front."""
    like, shape = _Like(rng), _shape(rng)
    order = [0, *(1 + rng.permutation(len(shape) - 1)).tolist()]
    values = (like.value("input", shape), _integers("order", order),
              like.value("output", tuple(shape[axis] for axis in order)))
    return build(values, (Call("TRANSPOSE", (0, 1), (2,), schema.TransposeOptionsT()),), (0,), (2,))


def reverse_v2(rng: np.random.Generator) -> bytes:
    """A REVERSE_V2 of one axis, or of two neighbours."""
    like, shape = _Like(rng, wide=True), _shape(rng)
    axis = int(rng.integers(0, len(shape)))
    axes = [axis, axis + 1] if axis + 1 < len(shape) and rng.random() < 0.3 else [axis - len(shape) * int(rng.integers(2))]
    values = (like.value("input", shape), _integers("axes", axes), like.value("output", shape))
    return build(values, (Call("REVERSE_V2", (0, 1), (2,), schema.ReverseV2OptionsT()),), (0,), (2,))


def concatenation(rng: np.random.Generator) -> bytes:
    """A CONCATENATION of one to four parts, one of which may be constant."""
    like, shape = _Like(rng, wide=True), _shape(rng, 3)
    axis, count = int(rng.integers(1, len(shape))), int(rng.integers(1, 5))
    parts = [like.value(f"part {index}", shape[:axis] + (int(rng.integers(1, 6)),) + shape[axis + 1:])
             for index in range(count)]
    if count > 1 and rng.random() < 0.3:
        parts[1] = like.value("constant", parts[1].shape, rng.integers(-128, 128, parts[1].shape))
    total = sum(part.shape[axis] for part in parts)
    options = schema.ConcatenationOptionsT()
    options.axis = axis - len(shape) * int(rng.integers(2))
    inputs = tuple(range(count))
    return build((*parts, like.value("output", shape[:axis] + (total,) + shape[axis + 1:])),
                 (Call("CONCATENATION", inputs, (count,), options),),
                 tuple(index for index in inputs if parts[index].data is None), (count,))


def pack(rng: np.random.Generator) -> bytes:
    """A PACK of one to four values."""
    like, shape, count = _Like(rng), _shape(rng, 3), int(rng.integers(1, 5))
    options = schema.PackOptionsT()
    axis = int(rng.integers(1, len(shape) + 1))
    options.axis, options.valuesCount = axis, count
    target = like.value("output", shape[:axis] + (count,) + shape[axis:])
    return build((*(like.value(f"part {index}", shape) for index in range(count)), target),
                 (Call("PACK", tuple(range(count)), (count,), options),), tuple(range(count)), (count,))


def unpack(rng: np.random.Generator) -> bytes:
    """An UNPACK along any axis but the first."""
    like, shape = _Like(rng, wide=True), _shape(rng)
    options = schema.UnpackOptionsT()
    axis = int(rng.integers(1, len(shape)))
    options.axis, options.num = axis, shape[axis]
    outputs = tuple(range(1, 1 + shape[axis]))
    pieces = tuple(like.value(f"piece {index}", shape[:axis] + shape[axis + 1:]) for index in outputs)
    return build((like.value("input", shape), *pieces), (Call("UNPACK", (0,), outputs, options),), (0,), outputs)


def split(rng: np.random.Generator) -> bytes:
    """A SPLIT into equal pieces or a SPLIT_V into any."""
    like, shape = _Like(rng), list(_shape(rng))
    axis, count = int(rng.integers(1, len(shape))), int(rng.integers(1, 4))
    equal = rng.random() < 0.5
    sizes = [int(rng.integers(1, 5))] * count if equal else rng.integers(1, 5, count).tolist()
    shape[axis] = sum(sizes)
    pieces = tuple(like.value(f"piece {index}", (*shape[:axis], size, *shape[axis + 1:])) for index, size in enumerate(sizes))
    value, outputs = like.value("input", tuple(shape)), tuple(range(3, 3 + count))
    options = schema.SplitOptionsT() if equal else schema.SplitVOptionsT()
    options.numSplits = count
    if not equal and rng.random() < 0.5:
        sizes[int(rng.integers(count))] = -1
    helpers = (_integers("axis", axis), _integers("sizes", sizes))
    call = Call("SPLIT", (1, 0), outputs, options) if equal else Call("SPLIT_V", (0, 2, 1), outputs, options)
    return build((value, *helpers, *pieces), (call,), (0,), outputs)


def slice_(rng: np.random.Generator) -> bytes:
    """A SLICE of two to five axes."""
    like, shape = _Like(rng, wide=True), _shape(rng)
    starts = [int(rng.integers(extent)) for extent in shape]
    sizes = [int(rng.integers(1, extent - start + 1)) for extent, start in zip(shape, starts)]
    stated = [-1 if start + size == extent and rng.random() < 0.5 else size
              for extent, start, size in zip(shape, starts, sizes)]
    values = (like.value("input", shape), _integers("starts", starts), _integers("sizes", stated),
              like.value("output", tuple(sizes)))
    return build(values, (Call("SLICE", (0, 1, 2), (3,), schema.SliceOptionsT()),), (0,), (3,))


def strided_slice(rng: np.random.Generator) -> bytes:
    """A STRIDED_SLICE with steps of both signs and any of the masks."""
    like, shape = _Like(rng), _shape(rng, 3, least_axes=2)
    options = schema.StridedSliceOptionsT()
    lists, index = [], [slice(None)]
    lists.append((0, 1, 1))
    for entry, extent in enumerate(shape[1:], 1):
        step = int(rng.choice((1, 1, 2, 3, -1, -2)))
        begin, end = (int(value) for value in rng.integers(-extent - 2, extent + 3, 2))
        if rng.random() < 0.25:
            begin = int(rng.integers(-extent, extent))
            options.shrinkAxisMask |= 1 << entry
            masked = rng.random() < 0.2
            options.beginMask |= int(masked) << entry
            index.append(0 if masked else begin)
            lists.append((begin, begin + 1, 1))
            continue
        masks = rng.random(2) < 0.4
        options.beginMask |= int(masks[0]) << entry
        options.endMask |= int(masks[1]) << entry
        index.append(slice(None if masks[0] else begin, None if masks[1] else end, step))
        lists.append((begin, end, step))
    _mask_axes(rng, options, lists, index, len(shape))
    target = np.empty(shape)[tuple(index)].shape
    if 0 in target or len(target) > 5:
        return strided_slice(rng)
    values = (like.value("input", shape), *(_integers(name, column) for name, column in zip("bes", zip(*lists))),
              like.value("output", target))
    return build(values, (Call("STRIDED_SLICE", (0, 1, 2, 3), (4,), options),), (0,), (4,))


def _mask_axes(rng: np.random.Generator, options, lists: list, index: list, rank: int) -> None:
    """Turns the last entries into an ellipsis, or leaves them out, or adds a new axis behind all."""
    kind = rng.integers(4)
    if kind == 0:
        options.newAxisMask |= 1 << len(lists)
        lists.append((0, 1, 1))
        index.append(None)
    elif kind == 1:
        keep = int(rng.integers(1, rank))
        del lists[keep:], index[keep:]
        for name in ("shrinkAxisMask", "beginMask", "endMask"):
            setattr(options, name, getattr(options, name) & (1 << keep) - 1)
        if rng.random() < 0.5:
            options.ellipsisMask = 1 << keep
            lists.append((0, 0, 1))


def pad(rng: np.random.Generator) -> bytes:
    """A PAD or PADV2 of two to four axes."""
    second = rng.random() < 0.5
    like, shape = _Like(rng, wide=not second), _shape(rng, 3)
    borders = [[0, 0], *([int(size) for size in rng.integers(0, 4, 2)] for _ in shape[1:])]
    target = like.value("output", tuple(extent + sum(border) for extent, border in zip(shape, borders)))
    fill = (like.value("fill", (1,), random_int8(rng, (1,))),) if second else ()
    values = (like.value("input", shape), _integers("borders", borders), target, *fill)
    options = schema.PadV2OptionsT() if second else schema.PadOptionsT()
    call = Call("PADV2", (0, 1, 3), (2,), options) if second else Call("PAD", (0, 1), (2,), options)
    return build(values, (call,), (0,), (2,))


def resize_nearest_neighbor(rng: np.random.Generator) -> bytes:
    """A RESIZE_NEAREST_NEIGHBOR to smaller and larger sizes."""
    like, size = _Like(rng, wide=True), rng.integers(1, 20, 2).tolist()
    shape = (1, int(rng.integers(1, 12)), int(rng.integers(1, 12)), int(rng.integers(1, 9)))
    options = schema.ResizeNearestNeighborOptionsT()
    options.alignCorners, options.halfPixelCenters = ((False, False), (True, False), (False, True))[int(rng.integers(3))]
    values = (like.value("input", shape), _integers("size", size), like.value("output", (1, *size, shape[3])))
    return build(values, (Call("RESIZE_NEAREST_NEIGHBOR", (0, 1), (2,), options),), (0,), (2,))


def reduction(rng: np.random.Generator, builtin: str) -> bytes:
    """A MEAN or SUM over any axes but the first."""
    source, shape = _Like(rng).value("input", _shape(rng, 4, 12)), None
    shape = source.shape
    axes = sorted(rng.permutation(np.arange(1, len(shape)))[:int(rng.integers(1, len(shape)))].tolist())
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    kept = [(1 if axis in axes else extent) for axis, extent in enumerate(shape) if options.keepDims or axis not in axes]
    growth = float(np.prod([shape[axis] for axis in axes])) ** 0.5 if builtin == "SUM" else 1
    scale = float(np.float32(source.scales[0] * growth * 2.0 ** rng.uniform(-4, 2)))
    target = Value("output", tuple(kept), "int8", (scale,), (random_zero_point(rng),))
    if builtin == "MEAN" and rng.random() < 0.2:
        target = Value("output", target.shape, "int8", source.scales, source.zero_points)
    stated = [axis - len(shape) * int(rng.integers(2)) for axis in axes]
    values = (source, _integers("axes", stated), target)
    return build(values, (Call(builtin, (0, 1), (2,), options),), (0,), (2,))


def tile(rng: np.random.Generator) -> bytes:
    """A TILE of two to four axes."""
    like, shape = _Like(rng), _shape(rng, 3, 5)
    times = [1, *rng.integers(1, 4, len(shape) - 1).tolist()]
    target = like.value("output", tuple(extent * one for extent, one in zip(shape, times)))
    values = (like.value("input", shape), _integers("times", times), target)
    return build(values, (Call("TILE", (0, 1), (2,), schema.TileOptionsT()),), (0,), (2,))
