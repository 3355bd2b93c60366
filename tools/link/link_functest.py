"""A network is linked at run time, computes what the compiler says, and its cycles and bytes add up."""

import dataclasses
import json

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing import small_models
from tools.errors import UserError
from tools.link.flash_use import flash_use
from tools.link.kit import Kit, read_kit
from tools.link.network_elf import NAME, compile_network, link_network
from tools.link.simulated_network import SimulatedNetwork

MODELS = {"one_each": small_models.network(), "several": small_models.branches()}


class Linked:
    """A model, linked, with some inputs."""

    def __init__(self, content: bytes):
        self.content = content
        self.library = compile_network(content)
        self.elf = link_network(read_kit(), self.library)
        self.network = SimulatedNetwork(self.elf, self.library.plan)
        rng = np.random.default_rng(3)
        self.inputs = [[rng.integers(-128, 128, end["bytes"]).astype(end["type"]) for end in self.network.inputs]
                       for _ in range(20)]


@pytest.fixture(name="linked", scope="module", params=MODELS)
def _linked(request):
    return Linked(MODELS[request.param])


def test_outputs_are_those_of_the_compilers_reference(linked):
    evaluator = Evaluator(run_pipeline(reader.read(linked.content, NAME)))
    count = 0
    for values, found in zip(linked.inputs, linked.network.run(linked.inputs)):
        for output, wanted in zip(found, evaluator.run(values), strict=True):
            np.testing.assert_array_equal(output, wanted.flatten())
            count += 1
    assert count == 20 * len(linked.network.outputs)


def test_layers_have_cycles_and_wait_states_cost_more(linked):
    profiles = [linked.network.profile(timing, linked.inputs[0]) for timing in ("zero_wait", "stm32l4r5_120mhz")]
    names = [layer["name"] for layer in json.loads(linked.library.plan)["layers"]]
    for profile in profiles:
        assert [layer.name for layer in profile.layers] == names
        assert all(profile.layer(name).cycles.total > 10 for name in names)
    assert profiles[0].total.cycles.total < profiles[1].total.cycles.total
    assert profiles[0].total.instructions == profiles[1].total.instructions


def test_weights_and_code_are_told_apart(linked):
    use = flash_use(linked.elf, linked.library.source)
    assert use.weights_bytes >= json.loads(linked.library.plan)["weights_bytes"]
    assert use.weights_bytes < 600 < use.code_bytes < 8000


def test_two_links_of_one_library_are_equal(linked):
    assert link_network(read_kit(), linked.library) == linked.elf


def test_the_stack_is_measured(linked):
    assert 16 <= linked.network.stack_bytes(linked.inputs[0]) < 2000


def test_a_network_that_does_not_fit_is_refused():
    library = compile_network(small_models.network())
    plan = json.loads(library.plan)
    plan["input"]["bytes"] = 1 << 20
    library = dataclasses.replace(library, plan=json.dumps(plan))
    with pytest.raises(UserError, match="network: arm-none-eabi-gcc refuses it; got .*overflowed.*Fix: use a smaller network"):
        link_network(read_kit(), library)


def test_a_missing_kit_is_named(tmp_path):
    with pytest.raises(UserError, match="tools/link/kit.json: can't be read; got No such file"):
        read_kit(root=tmp_path)


def test_the_kit_compiles_as_the_project_does():
    kit = read_kit()
    assert isinstance(kit, Kit) and {"-Werror", "-mcpu=cortex-m4"} <= set(kit.compile) and kit.compile[-1] == "-std=c99"
