"""What the policies make of the shipped network, by its measured costs and really linked.

The limit is that of the issue that asked for policy `size`: kernels and glue, without weights, in bytes of flash.
"""

import pytest

from cmsis.compiler.compiler import compile_model
from cmsis.compiler.lowering.choose import BALANCED, SIZE, SPEED, Policy, choose
from cmsis.compiler.lowering.costs import from_json
from model import spec
from tools.errors import UserError
from tools.link.flash_use import flash_use
from tools.link.kit import read_kit
from tools.link.network_elf import HEADER, NAME, link_network

_FOLDER = "model/voltage_event"
_SMALL_CODE_BYTES_MAX = 2560
_CLASSES = ("interruption", "sag", "swell", "transient", "harmonics", "normal")


@pytest.fixture(name="model", scope="module")
def _model():
    with open(f"{_FOLDER}/voltage_event_int8.tflite", "rb") as file:
        return file.read()


@pytest.fixture(name="costs", scope="module")
def _costs():
    with open(f"{_FOLDER}/voltage_event_costs.json", encoding="utf-8") as file:
        return from_json(file.read())


def _policy(kind, flash_bytes=None):
    """A policy with the SRAM for weights that the costs were measured for."""
    return Policy(kind, flash_bytes, spec.load(f"{_FOLDER}/voltage_event.yaml").compiler.sram_bytes)


def _flash(model, costs, policy):
    library = compile_model(model, NAME, _CLASSES, HEADER, policy, costs)
    return flash_use(link_network(read_kit(), library), library.source)


def test_policy_size_needs_few_bytes_of_code(model, costs):
    small, fast = (_flash(model, costs, _policy(kind)) for kind in (SIZE, SPEED))
    print(f"kernels and glue: {small.code_bytes:,} B under size, {fast.code_bytes:,} B under speed")
    assert small.code_bytes <= _SMALL_CODE_BYTES_MAX and small.code_bytes < fast.code_bytes
    assert small.code_bytes + small.weights_bytes < fast.code_bytes + fast.weights_bytes


def test_balanced_finds_the_fastest_image_that_fits_and_it_really_fits(model, costs):
    small, fast = choose(costs, _policy(SIZE)), choose(costs, _policy(SPEED))
    cycles = []
    for tenth in range(11):
        limit = small.flash_bytes + (fast.flash_bytes - small.flash_bytes) * tenth // 10
        policy = _policy(BALANCED, limit)
        cycles.append(choose(costs, policy).cycles)
        linked = _flash(model, costs, policy)
        assert linked.code_bytes + linked.weights_bytes <= limit, f"linked beyond the limit of {limit} B"
    assert cycles == sorted(cycles, reverse=True) and (cycles[0], cycles[-1]) == (small.cycles, fast.cycles)
    assert len(set(cycles)) > 1
    with pytest.raises(UserError, match="no choice of kernels fits the flash"):
        _flash(model, costs, _policy(BALANCED, small.flash_bytes - 1))
