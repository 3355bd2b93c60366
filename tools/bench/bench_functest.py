"""The bench on small models made here: figures, refusals, and another library beside ours."""

from tools.bench import models  # first: it chooses the backend

import datetime
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from cmsis.testing import small_models
from tools.bench import bench
from tools.bench.measure import LayerFigures
from tools.bench.published import Published
from tools.errors import UserError

SHAPE = (16, 4)


def _float_model():
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential([keras.Input(SHAPE), layers.Conv1D(6, 3, activation="relu"), layers.Flatten(), layers.Dense(3)])


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    """One model of each kind, and two that cannot be measured."""
    folder = tmp_path_factory.mktemp("models")
    model = _float_model()
    model.save(folder / "float.keras")
    model.export(folder / "exported", verbose=False)
    np.save(folder / "float.calib.npy", np.random.default_rng(2).uniform(-1, 1, (30, *SHAPE)))
    (folder / "finished.tflite").write_bytes(small_models.network())
    (folder / "several.tflite").write_bytes(small_models.branches())
    (folder / "broken.tflite").write_bytes(small_models.network()[:500])
    (folder / "other.tflite").write_bytes(small_models.with_call(1, builtin="SELECT_V2", options=None))
    (folder / "notes.txt").write_text("no model")
    return folder


def _run(*paths, **options):
    flags.FLAGS.mark_as_parsed()
    with flagsaver.flagsaver(inputs=10, **options):
        return bench.main(["bench", *map(str, paths)])


@pytest.fixture(name="outcome", scope="module")
def _outcome(folder):
    table, figures = folder / "table.md", folder / "figures.json"
    assert _run(folder, markdown=str(table), json=str(figures)) == 0
    return table.read_text(), {result["name"]: result for result in json.loads(figures.read_text())}


def test_every_model_is_listed(outcome):
    assert list(outcome[1]) == ["broken.tflite", "exported", "finished.tflite", "float.keras", "other.tflite", "several.tflite"]


@pytest.mark.parametrize("name, origin", [
    ("finished.tflite", "int8 as it is"), ("several.tflite", "int8 as it is"), ("float.keras", "quantized with float.calib.npy"),
    ("exported", "quantized with 100 random inputs, seed 1")])
def test_networks_have_figures_that_agree_with_each_other(outcome, name, origin):
    result = outcome[1][name]
    assert result["origin"] == origin and not result["refusals"]
    figures = result["figures"]["EdgePlug, balanced"]
    assert (figures["compared_inputs"], figures["differing_inputs"], figures["largest_difference"]) == (10, 0, 0)
    assert figures["macs"] == sum(layer["macs"] for layer in figures["layers"]) > 0
    assert 500 < figures["code_bytes"] < 20_000 and 40 < figures["weights_bytes"] < 2_000
    assert figures["ram_bytes"] > figures["arena_bytes"] > 0
    for profile in ("zero_wait", "stm32l4r5_120mhz"):
        layers = sum(layer["cycles"][profile] for layer in figures["layers"])
        shares = figures["kernel_shares"][profile]
        assert 0 < layers < figures["cycles"][profile]
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["between layers"] == pytest.approx(1 - layers / figures["cycles"][profile])
    assert figures["cycles"]["zero_wait"] < figures["cycles"]["stm32l4r5_120mhz"]


def test_what_the_compiler_refuses_is_listed_with_its_reason(outcome):
    table, results = outcome
    assert "operator is not supported; got SELECT_V2" in results["other.tflite"]["refusals"]["EdgePlug, balanced"]
    assert "offset points outside the file" in results["broken.tflite"]["refusals"]["EdgePlug, balanced"]
    assert results["other.tflite"]["figures"] == {} and not results["other.tflite"]["failed"]
    assert "| other.tflite | EdgePlug, balanced | conv#2: operator is not supported; got SELECT_V2" in table.split("### Refused")[1]


def test_the_table_has_each_network_and_layer(outcome):
    table, results = outcome
    head, row = table.splitlines()[2], next(line for line in table.splitlines() if line.startswith("| finished.tflite"))
    figures = results["finished.tflite"]["figures"]["EdgePlug, balanced"]
    assert head.count("|") == row.count("|") and "all of 10" in row and f"{figures['cycles']['zero_wait']:,}" in row
    section = table.split("### finished.tflite, EdgePlug, balanced")[1]
    (layer,) = (layer for layer in figures["layers"] if layer["operator"] == "CONV_2D")
    cycles = layer["cycles"]["zero_wait"]
    assert f"| {layer['name']} | CONV_2D | {layer['kernel']} | 1x1x4x3 | 48 (48) | {cycles:,} | {cycles / 48:.2f} | " in section


def _sources(folder):
    """A library of the same API, laid out like CMSIS-NN: our kernels in plain C."""
    shutil.copytree("cmsis/include", folder / "Include")
    shutil.copytree("cmsis/kernels/reference", folder / "Source/Plain")
    return folder


def test_another_library_is_measured_beside_ours(folder, tmp_path):
    assert _run(folder / "finished.tflite", nn="cmsis", cmsis_nn=str(_sources(tmp_path / "nn")), json=str(tmp_path / "both.json"),
                markdown=str(tmp_path / "both.md"), profiles=["zero_wait"]) == 0
    (result,) = json.loads((tmp_path / "both.json").read_text())
    ours, theirs = result["figures"]["EdgePlug, balanced"], result["figures"]["CMSIS-NN"]
    assert ours["differing_inputs"] == theirs["differing_inputs"] == 0
    assert ours["cycles"]["zero_wait"] < theirs["cycles"]["zero_wait"]
    assert "| finished.tflite | int8 as it is | CMSIS-NN |" in (tmp_path / "both.md").read_text()


def test_a_page_is_updated_below_its_heading():
    day = datetime.date(2026, 2, 3)
    page = bench.updated_page("Intro.\n\n## Last measured\n\nold\n", ["bench", "nets", "--inputs=5"], day, "| new |\n")
    assert page == ("Intro.\n\n## Last measured\n\nOn 2026-02-03, by\n\n    bazel run //tools:bench -- nets --inputs=5\n\n"
                    "| new |\n")
    with pytest.raises(UserError, match="--page: no place for the table; got a page without the line '## Last measured'"):
        bench.updated_page("Intro.", ["bench"], day, "")


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match="gone: no models; got no such path, want .tflite"):
        _run(tmp_path / "gone")
    with pytest.raises(UserError, match="no models; got a folder without any, want .tflite"):
        _run(tmp_path)
    with pytest.raises(UserError, match="bench: no models; got no path"):
        _run()
    with pytest.raises(UserError, match="timing profile: unknown name; got 'fast'"):
        _run(tmp_path, profiles=["fast"])
    (tmp_path / "a.tflite").write_bytes(b"")
    with pytest.raises(UserError, match="--nn=cmsis: no sources of CMSIS-NN; got nothing"):
        _run(tmp_path, nn="cmsis")
    with pytest.raises(UserError, match="no CMSIS-NN; got no Include/arm_nnfunctions.h"):
        _run(tmp_path, nn="cmsis", cmsis_nn=str(tmp_path))


@pytest.mark.parametrize("array, found", [
    (np.zeros((5, 3), np.float32), "float32 [5, 3]"), (np.full((2, *SHAPE), np.nan), "float64 [2, 16, 4]"),
    (np.zeros((0, *SHAPE)), "float64 [0, 16, 4]")])
def test_calibration_that_does_not_fit_is_refused(folder, tmp_path, array, found):
    shutil.copy(folder / "float.keras", tmp_path)
    np.save(tmp_path / "float.calib.npy", array)
    with pytest.raises(UserError) as caught:
        models.load(tmp_path / "float.keras", 1)
    assert f"float.calib.npy: doesn't fit the model; got {found}, want finite floats [N, 16, 4]" in str(caught.value)


def test_networks_and_layers_that_others_measured_are_recognised():
    published = Published()
    known = published.network("KWS_ref_model.tflite", 2_656_768)
    assert known.network == "kws01" and known.best("stm32l4r5_120mhz").stack == "X-CUBE-AI 9.0 (v1.2)"
    assert known.best("stm32l4r5_120mhz").cycles == 5_184_000 and known.code_bytes == 19_372
    assert published.network("kws_ref_model.tflite", 2_656_769) is None and published.network("net", 2_656_768) is None
    assert published.network("ad01.h5", 264_192).best("stm32l476_80mhz") is None
    layer = LayerFigures("dense", "FULLY_CONNECTED", "", (1, 128), 81_920, None, {})
    assert published.layer_cycles(layer) == 202_692
    assert published.layer_cycles(LayerFigures("dense", "FULLY_CONNECTED", "", (1, 64), 81_920, None, {})) is None


def test_every_figure_names_a_source_and_a_network():
    published = Published()
    assert Path("tools/bench/published.yaml").is_file()
    for network, macs, name in (("ad01", 264_192, "ad01"), ("kws01", 2_656_768, "kws"), ("ic01", 12_501_632, "pretrainedResnet")):
        figures = published.network(name, macs).figures
        assert len(figures) == 7 and {figure.source for figure in figures} <= set(published.sources), network
