"""The random one-operator models by name: what the oracle test and the kernel test run over."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from cmsis.testing import random_binaries, random_look_ups, random_models, random_movements, random_outputs, random_states
from cmsis.testing.random_matmul import batch_matmul
from cmsis.testing.random_s16 import conv_2d_s16, fully_connected_s16


@dataclass(frozen=True)
class OperatorCase:
    """`make` returns the bytes of a random .tflite model with that one operator.

    `reference` is False where TFLite's reference kernel is broken and its other built-in one judges; see ../ROUNDING.md.
    """

    name: str
    make: Callable[[np.random.Generator], bytes]
    reference: bool = True


OPERATOR_CASES = (
    OperatorCase("arg_max", random_outputs.arg_max),
    OperatorCase("average_pool_2d", lambda rng: random_models.pool_2d(rng, "AVERAGE_POOL_2D")),
    OperatorCase("batch_matmul", batch_matmul),
    OperatorCase("concatenation", random_movements.concatenation),
    OperatorCase("conv_1d", lambda rng: random_models.conv_2d(rng, one_row=True)),
    OperatorCase("conv_2d", lambda rng: random_models.conv_2d(rng, one_row=False)),
    OperatorCase("conv_2d_alternate", random_models.conv_2d_alternate),
    OperatorCase("conv_2d_grouped", lambda rng: random_models.conv_2d(rng, one_row=False, grouped=True)),
    OperatorCase("conv_2d_padded", lambda rng: random_models.conv_2d(rng, one_row=rng.random() < 0.3, padded=True)),
    OperatorCase("conv_2d_s16", conv_2d_s16),
    OperatorCase("depthwise_conv_2d", random_models.depthwise_conv_2d),
    OperatorCase("depthwise_conv_2d_padded", lambda rng: random_models.depthwise_conv_2d(rng, padded=True)),
    OperatorCase("dequantize", random_outputs.dequantize),
    OperatorCase("fully_connected", random_models.fully_connected),
    OperatorCase("fully_connected_alternate", random_models.fully_connected_alternate),
    OperatorCase("fully_connected_wide", random_models.fully_connected_wide),
    OperatorCase("fully_connected_s16", fully_connected_s16),
    OperatorCase("lstm", random_states.lstm),
    OperatorCase("max_pool_2d", lambda rng: random_models.pool_2d(rng, "MAX_POOL_2D")),
    OperatorCase("mean", lambda rng: random_movements.reduction(rng, "MEAN")),
    OperatorCase("pack", random_movements.pack),
    OperatorCase("pad", random_movements.pad),
    OperatorCase("resize_nearest_neighbor", random_movements.resize_nearest_neighbor),
    OperatorCase("reverse_v2", random_movements.reverse_v2),
    OperatorCase("slice", random_movements.slice_),
    OperatorCase("softmax", random_models.softmax),
    OperatorCase("svdf", random_states.svdf),
    *(OperatorCase(builtin.lower(), partial(random_binaries.binary, builtin=builtin)) for builtin in random_binaries.BINARIES),
    *(OperatorCase(builtin.lower(), partial(random_look_ups.look_up, builtin=builtin)) for builtin in random_look_ups.LOOK_UPS),
    OperatorCase("split", random_movements.split),
    OperatorCase("strided_slice", random_movements.strided_slice),
    OperatorCase("sum", lambda rng: random_movements.reduction(rng, "SUM"), reference=False),
    OperatorCase("tile", random_movements.tile),
    OperatorCase("transpose", random_movements.transpose),
    OperatorCase("transpose_conv", random_models.transpose_conv),
    OperatorCase("unpack", random_movements.unpack),
)
