"""Data, weights, int8 model and C come out the same on every CPU model, by the programs that make the shipped ones.

Fewer windows and epochs than the shipped network has, since an emulated CPU takes some fifteen times as long: at most 15 minutes on
2 cores. What the full run makes is compared with the committed hashes, by each network's own lock test.
"""

import concurrent.futures
import os

import pytest
import yaml

from gates.check import failures
from gates.reproducibility import cpu_models, judge
from tools.errors import UserError

_SPEC = "model/voltage_event/voltage_event.yaml"
_CHAIN = (
    cpu_models.Step("model/data/generate.py", (("part", "dataset"),),
                    (("spec", "spec.yaml"), ("output", "dataset.npz"), ("report", "dataset.json"))),
    cpu_models.Step("model/data/generate.py", (("part", "pilot"),),
                    (("spec", "spec.yaml"), ("output", "pilot.npz"), ("report", "pilot.json"))),
    cpu_models.Step("model/data/generate.py", (("part", "noisy"),),
                    (("spec", "spec.yaml"), ("output", "noisy.npz"), ("report", "noisy.json"))),
    cpu_models.Step("model/training/train.py", (),
                    (("spec", "spec.yaml"), ("dataset", "dataset.npz"), ("output", "weights.keras"), ("history", "history.json"),
                     ("ranges", "ranges.json"))),
    cpu_models.Step("model/quantization/quantize.py", (),
                    (("spec", "spec.yaml"), ("dataset", "dataset.npz"), ("model", "weights.keras"), ("ranges", "ranges.json"),
                     ("output", "int8.tflite"), ("report", "int8.json"))),
    cpu_models.Step("cmsis/compiler/compile.py", (),
                    (("spec", "spec.yaml"), ("model", "int8.tflite"), ("source", "network.c"), ("header", "network.h"),
                     ("plan", "network.json"), ("picture", "network.svg"))),
)
_DEPENDENT = (cpu_models.Step("gates/reproducibility/testdata/cpu_dependent.py", (), (("output", "product.npy"),)),)
_MACHINES = {machine.name: machine for machine in cpu_models.machines(os.environ.get("QEMU", "qemu-x86_64"))}


def _run(steps, name, folder):
    """The chain's files, from a spec with fewer windows and epochs than the shipped one."""
    with open(_SPEC, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    spec["data"]["dataset"]["windows"], spec["data"]["pilot"]["windows"] = 1600, 600
    spec["training"]["epochs"], spec["quantization"]["calibration_windows"] = 2, 300
    spec["quantization"]["aware"]["epochs"] = 1
    folder.mkdir()
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec))
    return cpu_models.run(steps, _MACHINES[name], folder)


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory):
    """The chain's files by machine, two machines at a time: most of what they run uses one thread."""
    folder = tmp_path_factory.mktemp("chains")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(_MACHINES, pool.map(lambda name: _run(_CHAIN, name, folder / name), _MACHINES)))


@pytest.mark.parametrize("name", cpu_models.CPU_MODELS)
def test_the_whole_chain_writes_the_same_bytes(files, name):
    measured = cpu_models.compare(files["native"], files[name])
    assert len(measured["artifacts"]) == 16
    assert failures(judge.checks(measured, None)) == []


def test_a_plain_product_of_matrices_is_found_out(tmp_path):
    files = {name: _run(_DEPENDENT, name, tmp_path / name) for name in _MACHINES}
    complaints = [complaint for name in cpu_models.CPU_MODELS
                  for complaint in failures(judge.checks(cpu_models.compare(files["native"], files[name]), None))]
    assert complaints and all("product.npy: two builds differ" in complaint for complaint in complaints)


def test_a_program_that_fails_is_named(tmp_path):
    step = cpu_models.Step("model/data/generate.py", (("part", "neither"),), (("output", "dataset.npz"),))
    with pytest.raises(UserError, match=r"model/data/generate.py: fails on CPU model native; got exit code 1: .*neither"):
        cpu_models.run((step,), _MACHINES["native"], tmp_path)
