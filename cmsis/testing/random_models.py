"""Random one-operator models, edges included: what the per-operator tests feed to TFLite and to us.

Each maker takes a NumPy generator and returns the bytes of a .tflite file. Quantisation spans multipliers whose shift is
negative, zero and positive, zero points from end to end, and saturating outputs.
"""

import math
from dataclasses import replace

import numpy as np

from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

ACTIVATIONS = (schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.NONE,
                schema.ActivationFunctionType.RELU, schema.ActivationFunctionType.RELU6,
                schema.ActivationFunctionType.RELU_N1_TO_1)


def random_scale(rng: np.random.Generator, low: float = -7, high: float = 2) -> float:
    """Returns a scale from 2**low to 2**high, even in its logarithm; one in three is a power of two, which makes ties."""
    exponent = rng.uniform(low, high)
    return float(np.float32(2.0 ** (round(exponent) if rng.random() < 1 / 3 else exponent)))


def random_zero_point(rng: np.random.Generator) -> int:
    """Returns a zero point; one in three sits at an end of the range."""
    return int(rng.choice((-128, 127, 0))) if rng.random() < 1 / 3 else int(rng.integers(-128, 128))


def random_int8(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Returns int8 values: uniform, at the ends only, or constant."""
    kind = rng.integers(4)
    if kind == 0:
        return rng.choice(np.array([-128, 127], np.int8), shape)
    if kind == 1:
        return np.full(shape, rng.integers(-128, 128), np.int8)
    return rng.integers(-128, 128, shape).astype(np.int8)


def random_values(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Returns values for an input: int8 as random_int8, int16 alike."""
    if dtype == np.int8:
        return random_int8(rng, shape)
    wide = random_int8(rng, shape).astype(np.int16) * 258
    return wide + rng.integers(-129, 130, shape).astype(np.int16) if rng.random() < 0.5 else wide


def activation_value(rng: np.random.Generator, name: str, shape: tuple[int, ...], scale: float | None = None) -> Value:
    """Returns an int8 tensor of a random scale, unless one is given, and zero point."""
    return Value(name, shape, "int8", (random_scale(rng) if scale is None else scale,), (random_zero_point(rng),))


def weights_value(rng: np.random.Generator, shape: tuple[int, ...], axis: int, per_channel: bool) -> Value:
    """Returns random int8 weights with one scale, or one per index of `axis`."""
    count = shape[axis] if per_channel else 1
    scales = tuple(random_scale(rng, -9, 0) for _ in range(count))
    data = np.maximum(random_int8(rng, shape), -127) if rng.random() < 0.5 else random_int8(rng, shape)
    return Value("weights", shape, "int8", scales, (0,) * count, axis, data)


def bias_value(rng: np.random.Generator, source: Value, weights: Value, channels: int) -> Value:
    """Returns a random int32 bias whose scales are the product of the input's and the weights'."""
    scales = tuple(float(np.float32(source.scales[0]) * np.float32(scale)) for scale in weights.scales)
    data = rng.integers(-40000, 40000, channels)
    return Value("bias", (channels,), "int32", scales, (0,) * len(scales), 0, data)


def output_scale(rng: np.random.Generator, source: Value, weights: Value, depth: int) -> float:
    """Returns an output scale that leaves the outputs mostly inside int8, at times far too small or too large."""
    spread = source.scales[0] * max(weights.scales) * 74 * 74 * depth ** 0.5 / 40
    return random_scale(rng, np.log2(spread) - 3, np.log2(spread) + 3)


def conv_2d(rng: np.random.Generator, one_row: bool, biased: bool = True, grouped: bool = False, padded: bool = False) -> bytes:
    """A CONV_2D; `one_row` gives the shapes of Keras' Conv1D. TFLite itself refuses one that is not `biased`. See with_border()
    for `padded`.
    """
    height, size_h = (1, 1) if one_row else (int(rng.integers(1, 8)), int(rng.integers(1, 4)))
    width, size_w = int(rng.integers(1, 24)), int(rng.integers(1, 8 if one_row else 4))
    channels, filters = int(rng.integers(1, 10)), int(rng.integers(1, 9))
    groups = int(rng.integers(2, 5)) if grouped else 1
    options = schema.Conv2DOptionsT()
    window_options(rng, options, one_row)
    dilated = rng.random() < 0.2
    options.dilationWFactor = int(rng.integers(1, 4)) if dilated else 1
    options.dilationHFactor = int(rng.integers(1, 3)) if dilated and not one_row else 1
    shape = output_extent(options, (height, width), (size_h, size_w), (options.dilationHFactor, options.dilationWFactor))
    source = activation_value(rng, "input", (1, height, width, channels * groups))
    weights = weights_value(rng, (filters * groups, size_h, size_w, channels), 0, per_channel=rng.random() < 0.8)
    target = activation_value(rng, "output", (1, *shape, filters * groups),
                               output_scale(rng, source, weights, size_h * size_w * channels))
    if min(shape) < 1:
        return conv_2d(rng, one_row, biased, grouped, padded)
    values = (source, weights, bias_value(rng, source, weights, filters * groups), target)
    call = Call("CONV_2D", (0, 1, 2) if biased else (0, 1), (3,), options)
    return with_border(rng, values, call) if padded else build(values, (call,), (0,), (3,))


def conv_2d_alternate(rng: np.random.Generator) -> bytes:
    """A CONV_2D over one of two channels, seldom the second one, that a STRIDED_SLICE takes."""
    one_row = rng.random() < 0.6
    height, width = (1 if one_row else int(rng.integers(1, 6))), int(rng.integers(1, 40))
    size_h, size_w = (1 if one_row else int(rng.integers(1, 4))), int(rng.integers(1, 14 if one_row else 5))
    options = schema.Conv2DOptionsT()
    window_options(rng, options, one_row)
    if rng.random() < 0.4:  # windows side by side
        options.strideW = size_w
    options.dilationWFactor = options.dilationHFactor = 1
    shape, filters = output_extent(options, (height, width), (size_h, size_w), (1, 1)), int(rng.integers(1, 10))
    if min(shape) < 1:
        return conv_2d_alternate(rng)
    chosen = activation_value(rng, "chosen", (1, height, width, 1))
    weights = weights_value(rng, (filters, size_h, size_w, 1), 0, per_channel=rng.random() < 0.8)
    target = activation_value(rng, "output", (1, *shape, filters), output_scale(rng, chosen, weights, size_h * size_w))
    channel = int(rng.random() < 0.1)
    slices = schema.StridedSliceOptionsT()
    values = (chosen, weights, bias_value(rng, chosen, weights, filters), target, replace(chosen, name="input", shape=(1, height, width, 2)),
              *(Value(name, (4,), "int32", data=np.array(numbers)) for name, numbers in (
                  ("begin", (0, 0, 0, channel)), ("end", (1, height, width, channel + 1)), ("steps", (1, 1, 1, 1)))))
    return build(values, (Call("STRIDED_SLICE", (4, 5, 6, 7), (0,), slices), Call("CONV_2D", (0, 1, 2), (3,), options)), (4,), (3,))


def depthwise_conv_2d(rng: np.random.Generator, padded: bool = False) -> bytes:
    """A DEPTHWISE_CONV_2D with channel multiplier 1 to 4, with or without bias; every other one is of the common kind: by
    single steps, without a multiplier. See with_border() for `padded`.
    """
    height, width, size_h, size_w = (int(rng.integers(1, limit)) for limit in (12, 10, 4, 4))
    options = schema.DepthwiseConv2DOptionsT()
    window_options(rng, options, one_row=False)
    if rng.random() < 0.5:
        channels, multiplier = int(rng.integers(4, 20)), 1
        options.strideW = 1
    else:
        channels, multiplier = int(rng.integers(1, 9)), int(rng.choice((1, 2, 3, 4)))
        size_h, size_w = size_h + int(rng.integers(3)), size_w + int(rng.integers(3))
    options.strideH = options.strideW
    options.depthMultiplier = multiplier
    dilations = (int(rng.integers(1, 4)), int(rng.integers(1, 3))) if rng.random() < 0.2 else (1, 1)
    options.dilationHFactor, options.dilationWFactor = dilations
    shape = output_extent(options, (height, width), (size_h, size_w), dilations)
    source = activation_value(rng, "input", (1, height, width, channels))
    weights = weights_value(rng, (1, size_h, size_w, channels * multiplier), 3, per_channel=rng.random() < 0.8)
    target = activation_value(rng, "output", (1, *shape, channels * multiplier),
                               output_scale(rng, source, weights, size_h * size_w))
    if min(shape) < 1:
        return depthwise_conv_2d(rng, padded)
    values = (source, weights, bias_value(rng, source, weights, channels * multiplier), target)
    call = Call("DEPTHWISE_CONV_2D", (0, 1, 2) if rng.random() < 0.8 else (0, 1), (3,), options)
    return with_border(rng, values, call) if padded else build(values, (call,), (0,), (3,))


def with_border(rng: np.random.Generator, values: tuple[Value, ...], call: Call) -> bytes:
    """The operator `call` on values[0], an image, behind a PAD or PADV2 that makes the image of a smaller one; seldom by more
    than a filter, values[1], reaches, or by other values than real zeros.
    """
    (_, height, width, channels), (_, size_h, size_w, _) = values[0].shape, values[1].shape
    most = (4, 4) if rng.random() < 0.1 else (size_h, size_w)
    above, below, left, right = (int(rng.integers(limit)) for limit in (most[0], most[0], most[1], most[1]))
    above, left = min(above, height - 1), min(left, width - 1)
    below, right = min(below, height - 1 - above), min(right, width - 1 - left)
    inside = replace(values[0], name="inside", shape=(1, height - above - below, width - left - right, channels))
    fill = int(rng.integers(-128, 128)) if rng.random() < 0.1 else inside.zero_points[0]
    first = len(values)
    values = (*values, inside, Value("borders", (4, 2), "int32", data=np.array([0, 0, above, below, left, right, 0, 0])),
              Value("fill", (1,), "int8", inside.scales, inside.zero_points, data=np.array([fill])))
    pad = (Call("PAD", (first, first + 1), (0,), schema.PadOptionsT()) if fill == inside.zero_points[0] and rng.random() < 0.5
           else Call("PADV2", (first, first + 1, first + 2), (0,), schema.PadV2OptionsT()))
    return build(values, (pad, call), (first,), call.outputs)


def transpose_conv(rng: np.random.Generator) -> bytes:
    """A TRANSPOSE_CONV, with or without bias, whose filter may be smaller or larger than its stride."""
    height, width, size_h, size_w = (int(rng.integers(1, limit)) for limit in (6, 8, 6, 6))
    channels, filters = int(rng.integers(1, 10)), int(rng.integers(1, 9))
    options = schema.TransposeConvOptionsT()
    window_options(rng, options, one_row=False)
    same = options.padding == schema.Padding.SAME
    shape = tuple(_extent_before(rng, *sizes, same) for sizes in (
        (height, size_h, options.strideH), (width, size_w, options.strideW)))
    source = activation_value(rng, "input", (1, height, width, channels))
    weights = weights_value(rng, (filters, size_h, size_w, channels), 0, per_channel=rng.random() < 0.8)
    target = activation_value(rng, "output", (1, *shape, filters),
                               output_scale(rng, source, weights, size_h * size_w * channels))
    values = (source, weights, bias_value(rng, source, weights, filters), target,
              Value("shape", (4,), "int32", data=np.array(target.shape)))
    inputs = (4, 1, 0, 2) if rng.random() < 0.8 else (4, 1, 0)
    return build(values, (Call("TRANSPOSE_CONV", inputs, (3,), options),), (0,), (3,))


def _extent_before(rng: np.random.Generator, extent: int, size: int, stride: int, same: bool) -> int:
    """Returns one of the extents that a convolution reduces to `extent`."""
    return (extent - 1) * stride + int(rng.integers(1, stride + 1)) + (0 if same else size - 1)


def fully_connected(rng: np.random.Generator) -> bytes:
    """A FULLY_CONNECTED, per tensor or per channel, with or without bias."""
    depth, units = int(rng.integers(1, 70)), int(rng.integers(1, 12))
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))
    source = activation_value(rng, "input", (1, depth))
    weights = weights_value(rng, (units, depth), 0, per_channel=rng.random() < 0.5)
    target = activation_value(rng, "output", (1, units), output_scale(rng, source, weights, depth))
    bias = bias_value(rng, source, weights, units)
    inputs = (0, 1, 2) if rng.random() < 0.8 else (0, 1, -1)
    return build((source, weights, bias, target), (Call("FULLY_CONNECTED", inputs, (3,), options),), (0,), (3,))


def fully_connected_alternate(rng: np.random.Generator) -> bytes:
    """A FULLY_CONNECTED of some rows of one of two channels, seldom the second one, that a STRIDED_SLICE takes."""
    rows, depth, units = int(rng.integers(1, 6)), int(rng.choice((rng.integers(1, 40), 4 * rng.integers(1, 10)))), int(rng.integers(1, 14))
    options = schema.FullyConnectedOptionsT()
    options.keepNumDims = True
    chosen = activation_value(rng, "chosen", (1, rows * depth, 1))
    weights = weights_value(rng, (units, depth), 0, per_channel=rng.random() < 0.7)
    target = activation_value(rng, "output", (1, rows, units), output_scale(rng, chosen, weights, depth))
    channel = int(rng.random() < 0.1)
    values = (replace(chosen, name="rows", shape=(1, rows, depth)), weights, bias_value(rng, chosen, weights, units), target, chosen,
              replace(chosen, name="input", shape=(1, rows * depth, 2)),
              *(Value(name, (3,), "int32", data=np.array(numbers)) for name, numbers in (
                  ("begin", (0, 0, channel)), ("end", (1, rows * depth, channel + 1)), ("steps", (1, 1, 1)))),
              Value("shape", (3,), "int32", data=np.array([1, rows, depth])))
    calls = (Call("STRIDED_SLICE", (5, 6, 7, 8), (4,), schema.StridedSliceOptionsT()), Call("RESHAPE", (4, 9), (0,)),
             Call("FULLY_CONNECTED", (0, 1, 2), (3,), options))
    return build(values, calls, (5,), (3,))


def fully_connected_wide(rng: np.random.Generator) -> bytes:
    """A FULLY_CONNECTED per tensor whose units have sums far apart, so that hardly one factor of 31 bits suits all."""
    depth, units = int(rng.integers(1, 40)), int(rng.integers(3, 40))
    source = activation_value(rng, "input", (1, depth))
    weights = weights_value(rng, (units, depth), 0, per_channel=False)
    most = 1 << int(rng.integers(24, 29))
    scale = float(np.float32(source.scales[0] * weights.scales[0] * most / rng.uniform(60, 200)))
    target = activation_value(rng, "output", (1, units), scale)
    bias = replace(bias_value(rng, source, weights, units), data=rng.integers(-most, most, units))
    call = Call("FULLY_CONNECTED", (0, 1, 2), (3,), schema.FullyConnectedOptionsT())
    return build((source, weights, bias, target), (call,), (0,), (3,))


def pool_2d(rng: np.random.Generator, builtin: str) -> bytes:
    """A MAX_POOL_2D or AVERAGE_POOL_2D: small windows, and ones up to the whole image or beyond it."""
    height, width = int(rng.integers(1, 10)), int(rng.integers(1, 12))
    channels = int(rng.integers(1, 18))
    options = schema.Pool2DOptionsT()
    window_options(rng, options, one_row=False)
    limits = (5, 5) if rng.random() < 0.7 else (height + 2, width + 2)
    options.filterHeight, options.filterWidth = (int(rng.integers(1, limit)) for limit in limits)
    if rng.random() < 0.3:
        options.filterHeight, options.filterWidth = height, width
    shape = output_extent(options, (height, width), (options.filterHeight, options.filterWidth), (1, 1))
    if min(shape) < 1:
        return pool_2d(rng, builtin)
    source = activation_value(rng, "input", (1, height, width, channels))
    target = Value("output", (1, *shape, channels), "int8", source.scales, source.zero_points)
    return build((source, target), (Call(builtin, (0,), (1,), options),), (0,), (1,))


def softmax(rng: np.random.Generator) -> bytes:
    """A SOFTMAX over 1 to 20 logits."""
    depth = int(rng.integers(1, 21))
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.1, 3))
    source = Value("input", (1, depth), "int8", (random_scale(rng, -9, 1),), (random_zero_point(rng),))
    target = Value("output", (1, depth), "int8", (1 / 256,), (-128,))
    return build((source, target), (Call("SOFTMAX", (0,), (1,), options),), (0,), (1,))


def window_options(rng: np.random.Generator, options, one_row: bool) -> None:
    """Sets padding, strides and a fused activation."""
    options.padding = int(rng.choice((schema.Padding.SAME, schema.Padding.VALID)))
    options.strideW = int(rng.integers(1, 5))
    options.strideH = 1 if one_row else int(rng.integers(1, 4))
    options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))


def output_extent(options, source: tuple[int, int], size: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, ...]:
    """Returns the output's height and width, below 1 where the window does not fit."""
    strides = (options.strideH, options.strideW)
    reach = (1, 1) if options.padding == schema.Padding.SAME else tuple(
        (one - 1) * factor + 1 for one, factor in zip(size, dilation))
    return tuple((extent - covered) // stride + 1 for extent, covered, stride in zip(source, reach, strides))


def flat(name: str, value: Value) -> Value:
    """Returns a tensor like `value` of shape [1, elements]: networks begin and end with a batch of 1."""
    return replace(value, name=name, shape=(1, math.prod(value.shape)), state=False)


def reshape(source: int, values: tuple[Value, ...], target: int) -> Call:
    """Returns the RESHAPE from one of `values` to another."""
    options = schema.ReshapeOptionsT()
    options.newShape = np.array(values[target].shape, np.int32)
    return Call("RESHAPE", (source,), (target,), options)
