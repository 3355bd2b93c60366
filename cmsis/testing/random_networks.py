"""Random networks of several layers in which channels are dead, constant, or read by nobody."""

from dataclasses import replace

import numpy as np

from cmsis.testing.random_models import activation_value, bias_value, output_scale, random_zero_point, weights_value
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema

_RELU = schema.ActivationFunctionType.RELU


class _Network:
    """Layers in a row, a branch where two come together; `last` is the tensor that the next layer reads."""

    def __init__(self, rng: np.random.Generator):
        self.rng, self.values, self.calls, self.last = rng, [], [], 0
        self.add(activation_value(rng, "input", (1, int(rng.integers(2, 7)), int(rng.integers(2, 7)), int(rng.integers(1, 6)))))

    def add(self, value: Value) -> int:
        """Adds a tensor under a name of its own; returns its number."""
        self.values.append(replace(value, name=f"{value.name}{len(self.values)}"))
        return len(self.values) - 1

    def layer(self, builtin: str, options: object, weights: Value, shape: tuple[int, ...], axis: int, depth: int) -> None:
        """A convolution or a dense layer; some filters are zero, with a bias that makes their outputs constant or not; some inputs
        are read by no filter.
        """
        rng, source = self.rng, self.values[self.last]
        matrix = np.moveaxis(weights.data.copy(), axis, 0)
        dead = rng.random(len(matrix)) < 0.3
        matrix[dead] = 0
        if builtin != "DEPTHWISE_CONV_2D" and rng.random() < 0.5:
            matrix[..., rng.random(matrix.shape[-1]) < 0.3] = 0
        weights = replace(weights, data=np.moveaxis(matrix, 0, axis))
        bias = bias_value(rng, source, weights, len(matrix))
        bias = replace(bias, data=np.where(dead & (rng.random(len(matrix)) < 0.5), -300000, bias.data))
        target = activation_value(rng, builtin.lower(), shape, output_scale(rng, source, weights, depth))
        if rng.random() < 0.6:
            options.fusedActivationFunction, target = _RELU, replace(target, zero_points=(-128,))
        self.call(builtin, (self.last, self.add(weights), self.add(bias)), target, options)

    def call(self, builtin: str, inputs: tuple[int, ...], target: Value, options: object) -> None:
        """Adds an operator whose output `target` the next layer reads."""
        self.calls.append(Call(builtin, inputs, (self.add(target),), options))
        self.last = len(self.values) - 1

    def convolution(self) -> None:
        """A CONV_2D, 1x1 or 3x3."""
        rng, (_, height, width, channels) = self.rng, self.values[self.last].shape
        filters, size = int(rng.integers(2, 8)), int(rng.choice((1, 3)))
        options = schema.Conv2DOptionsT()
        options.padding = schema.Padding.SAME if size > min(height, width) or rng.random() < 0.7 else schema.Padding.VALID
        options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
        lost = 0 if options.padding == schema.Padding.SAME else size - 1
        weights = weights_value(rng, (filters, size, size, channels), 0, per_channel=rng.random() < 0.7)
        self.layer("CONV_2D", options, weights, (1, height - lost, width - lost, filters), 0, size * size * channels)

    def depthwise(self) -> None:
        """A DEPTHWISE_CONV_2D, 3x3."""
        shape = self.values[self.last].shape
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.depthMultiplier = schema.Padding.SAME, 1
        options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
        weights = weights_value(self.rng, (1, 3, 3, shape[3]), 3, per_channel=True)
        self.layer("DEPTHWISE_CONV_2D", options, weights, shape, 3, 9)

    def pool(self) -> None:
        """A pool over 2x2."""
        source, options = self.values[self.last], schema.Pool2DOptionsT()
        options.padding, options.strideW, options.strideH = schema.Padding.SAME, 2, 2
        options.filterHeight = options.filterWidth = 2
        _, height, width, channels = source.shape
        target = replace(source, name="pool", shape=(1, -(-height // 2), -(-width // 2), channels))
        self.call(str(self.rng.choice(("MAX_POOL_2D", "AVERAGE_POOL_2D"))), (self.last,), target, options)

    def residual(self) -> None:
        """A 1x1 convolution added to its own input, or a vector of constants."""
        source, first = self.values[self.last], self.last
        channels = source.shape[3]
        if self.rng.random() < 0.3:
            second = self.add(replace(activation_value(self.rng, "vector", (channels,)),
                                      data=self.rng.integers(-128, 128, channels).astype(np.int8)))
        else:
            options = schema.Conv2DOptionsT()
            options.padding, options.strideW, options.strideH = schema.Padding.SAME, 1, 1
            options.dilationWFactor = options.dilationHFactor = 1
            self.layer("CONV_2D", options, weights_value(self.rng, (channels, 1, 1, channels), 0, True), source.shape, 0, channels)
            second = self.last
        options = schema.AddOptionsT()
        if self.rng.random() < 0.5:
            options.fusedActivationFunction = _RELU
        target = replace(activation_value(self.rng, "sum", source.shape, source.scales[0] * 2),
                         zero_points=(random_zero_point(self.rng),))
        self.call("ADD", (first, second), target, options)

    def mean(self) -> None:
        """A MEAN over rows and columns."""
        source, options = self.values[self.last], schema.ReducerOptionsT()
        axes = self.add(Value("axes", (2,), "int32", data=np.array([1, 2])))
        self.call("MEAN", (self.last, axes), activation_value(self.rng, "mean", (1, source.shape[3]), source.scales[0]), options)

    def flatten(self) -> None:
        """A RESHAPE to one row."""
        source, options = self.values[self.last], schema.ReshapeOptionsT()
        shape = (1, int(np.prod(source.shape)))
        options.newShape = np.array(shape, np.int32)
        self.call("RESHAPE", (self.last,), replace(source, name="flat", shape=shape), options)

    def dense(self, units: int) -> None:
        """A FULLY_CONNECTED."""
        depth = self.values[self.last].shape[1]
        weights = weights_value(self.rng, (units, depth), 0, per_channel=self.rng.random() < 0.5)
        self.layer("FULLY_CONNECTED", schema.FullyConnectedOptionsT(), weights, (1, units), 0, depth)


def pruned(rng: np.random.Generator) -> bytes:
    """Convolutions, depthwise ones, pools and residuals in any order, then a dense head."""
    network = _Network(rng)
    network.convolution()
    for _ in range(int(rng.integers(1, 5))):
        rng.choice((network.convolution, network.depthwise, network.pool, network.residual))()
    rng.choice((network.mean, network.flatten))()
    network.dense(int(rng.integers(2, 9)))
    network.dense(int(rng.integers(1, 5)))
    return build(tuple(network.values), tuple(network.calls), (0,), (network.last,))
