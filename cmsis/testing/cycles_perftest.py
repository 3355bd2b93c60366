"""Cycles of one layer of each kind on the simulated Cortex-M4, weights in flash: none may become slower than its limit.

Limits are what was measured when the table was last changed, plus 3 %: code moves, and with it the alignment of loops.
"""

from dataclasses import dataclass

import pytest

from cmsis.testing.m4 import find
from tools.sim.machine import Machine

_ELF = "cmsis/testing/layers.elf"
_PROFILES = ("zero_wait", "stm32l476_80mhz")


@dataclass(frozen=True)
class Layer:
    """A function of layers.c or elementwise_layers.c, its multiply-accumulates (0 where there are none), limits in cycles in the order of _PROFILES."""

    name: str
    macs: int
    limits_cycles: tuple[int, int]


LAYERS = (
    Layer("conv_3x3_16_16", 2_359_296, (2_890_890, 2_911_010)),
    Layer("conv_3x3_16_16_in_flash", 2_359_296, (3_040_490, 3_719_180)),
    Layer("conv_3x3_1_8", 56_448, (256_230, 271_560)),
    Layer("conv_1x1_64_64", 512_000, (627_400, 631_860)),
    Layer("conv_1x1_64_64_in_flash", 512_000, (656_210, 816_100)),
    Layer("conv_1d_7_2_8", 7_168, (15_890, 17_150)),
    Layer("conv_1d_5_8_16", 40_960, (56_200, 57_690)),
    Layer("fully_connected_640_128", 81_920, (114_410, 157_030)),
    Layer("fully_connected_96_32", 3_072, (5_060, 6_760)),
    Layer("fully_connected_64_16", 1_024, (1_950, 2_560)),
    Layer("public_conv_3x3_16_16", 2_359_296, (4_415_970, 4_796_140)),
    Layer("public_conv_1x1_64_64", 512_000, (941_940, 1_018_060)),
    Layer("public_conv_1d_7_2_8", 7_168, (34_210, 38_380)),
    Layer("public_fully_connected_640_128", 81_920, (149_300, 191_730)),
    Layer("depthwise_3x3_64", 72_000, (199_800, 203_320)),
    Layer("depthwise_3x3_64_signed", 72_000, (230_780, 234_680)),
    Layer("depthwise_3x3_64_apart", 27_648, (139_970, 141_040)),
    Layer("depthwise_5x5_16", 102_400, (520_430, 521_050)),
    Layer("depthwise_1x9_16", 18_432, (105_730, 106_010)),
    Layer("depthwise_dilated_16", 36_864, (269_130, 269_470)),
    Layer("depthwise_3x3_1_8", 56_448, (139_280, 139_690)),
    Layer("transpose_conv_3x3_16_16", 147_456, (860_350, 890_870)),
    Layer("matmul_32_64_32", 131_072, (593_400, 593_630)),
    Layer("matmul_32_64_32_transposed", 131_072, (573_620, 573_830)),
    Layer("conv_3x3_16_16_s16", 589_824, (2_720_910, 3_079_450)),
    Layer("conv_1d_7_2_8_s16", 7_168, (101_360, 110_790)),
    Layer("fully_connected_640_128_s16", 81_920, (250_480, 293_580)),
    Layer("lstm_16_32", 61_440, (693_600, 772_540)),
    Layer("svdf_40_64_10", 3_200, (31_840, 34_040)),
    Layer("max_pool_2x2", 0, (8_860, 9_040)),
    Layer("average_pool_2x2", 0, (9_330, 9_460)),
    Layer("average_pool_25x5", 0, (11_530, 11_660)),
    Layer("mean_25x5", 0, (12_580, 12_660)),
    Layer("softmax_12", 0, (2_020, 2_150)),
    Layer("look_up_16384", 0, (61_240, 61_300)),
    Layer("clamp_16384", 0, (46_470, 46_510)),
    Layer("add_16384", 0, (114_020, 114_090)),
    Layer("add_8192", 0, (57_060, 57_080)),
    Layer("add_4096", 0, (28_590, 28_610)),
    Layer("add_rounded_thrice_4096", 0, (240_600, 240_680)),
    Layer("multiply_4096", 0, (44_460, 44_540)),
    Layer("maximum_4096", 0, (10_660, 10_730)),
    Layer("prelu_4096", 0, (101_350, 101_410)),
)


def failure(layer: Layer, profile: str, cycles: int) -> str | None:
    """Returns what is to be said about a layer that takes `cycles`, or None where it keeps its limit."""
    limit = layer.limits_cycles[_PROFILES.index(profile)]
    if cycles <= limit:
        return None
    per_mac = f" ({cycles / layer.macs:.2f} per MAC)" if layer.macs else ""
    return (f"{layer.name}: too slow in {profile}; got {cycles:,} cycles{per_mac}, {100 * cycles / limit - 100:+.1f} %, want at"
            f" most {limit:,}. Fix: see which block of {layer.name} in cmsis/testing/layers.c takes longer, or raise the limit")


@pytest.fixture(scope="module", params=_PROFILES)
def machine(request):
    machine = Machine(find(_ELF).read_bytes(), timing=request.param)
    machine.call("prepare")
    machine.profile = request.param
    return machine


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_layer_keeps_its_limit(machine, layer):
    before = machine.cycles
    assert machine.call(layer.name) == 0
    message = failure(layer, machine.profile, machine.cycles - before)
    assert message is None, message


def test_failure_names_expected_actual_and_percent():
    layer = Layer("conv", 100, (1000, 2000))
    assert failure(layer, "zero_wait", 1000) is None
    assert failure(layer, "zero_wait", 1100).startswith(
        "conv: too slow in zero_wait; got 1,100 cycles (11.00 per MAC), +10.0 %, want at most 1,000. Fix:")
    assert failure(Layer("pool", 0, (1000, 2000)), "stm32l476_80mhz", 2002).startswith(
        "pool: too slow in stm32l476_80mhz; got 2,002 cycles, +0.1 %, want at most 2,000.")
