"""The emitted C, header and plan of a small network, against golden files.

Update: bazel run //cmsis/compiler:update_golden
"""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.emitter import emit
from cmsis.compiler.pipeline import run_pipeline
from cmsis.compiler.planner import plan_memory
from cmsis.compiler.update_golden import GOLDEN, golden_texts
from cmsis.testing import small_models
from cmsis.testing.random_states import svdf
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError


@pytest.mark.parametrize("name", sorted(name for name, _ in golden_texts()))
def test_golden(name):
    text = dict(golden_texts())[name]
    assert (Path(GOLDEN) / name).read_text(encoding="utf-8") == text, "Fix: bazel run //cmsis/compiler:update_golden"


def test_plan_json_is_sorted_and_complete():
    text = dict(golden_texts())["small.json"]
    plan = json.loads(text)
    assert text == json.dumps(plan, indent=2, sort_keys=True) + "\n"
    assert plan["macs"] == sum(layer["macs"] for layer in plan["layers"]) == 4 * 3 * 4 + 48
    assert plan["weights_bytes"] == 12 + 12 + 48
    assert plan["input"] == {"shape": [8, 2], "type": "int8", "scale": 0.5, "zero_point": 3, "bytes": 16}


def test_classes_must_fit_the_output():
    with pytest.raises(UserError, match="classes do not fit the model's output .*; got 3, want 4"):
        compile_model(small_models.network(), "small", ("a", "b", "c"), "small.h")


def test_a_network_with_a_state_can_be_reset():
    model = svdf(np.random.default_rng(6))
    graph = reader.read(model, "heard")
    library = compile_model(model, "heard", ("score",) * graph.tensors[graph.outputs[0]].elements, "heard.h")
    plan = json.loads(library.plan)
    place = next(place for place in plan["tensors"] if place["name"] == "state")
    assert plan["state_bytes"] == place["bytes"] > 0
    assert "int heard_reset(const heard_t *self);" in library.header and "keeps the network's state between" in library.header
    assert f"    memset(self->arena + {place['offset']}, 0, {place['bytes']});\n    return 0;" in library.source
    assert "    self->arena = arena;\n    return heard_reset(self);" in library.source


def test_a_network_without_a_state_has_no_reset():
    library = compile_model(small_models.network(), "small", ("a", "b", "c", "d"), "small.h")
    assert json.loads(library.plan)["state_bytes"] == 0
    assert "reset" not in library.source + library.header


def test_several_inputs_and_outputs_are_numbered():
    library = compile_model(small_models.branches(), "twins", ("a", "b", "c"), "twins.h")
    run = ("int twins_run(const twins_t *self, const int8_t *input0, const int8_t *input1, int8_t *output0, int8_t *output1"
           ", int8_t *output2)")
    assert run in library.source and run + ";" in library.header
    assert "input0 == NULL || input1 == NULL || output0 == NULL || output1 == NULL || output2 == NULL" in library.source
    assert "/* Input1 (right): int8 [6]. */\n#define TWINS_INPUT1_BYTES 6\n" in library.header
    assert "#define TWINS_OUTPUT1_ZERO_POINT (-128)" in library.header
    plan = json.loads(library.plan)
    assert "input" not in plan and [buffer["bytes"] for buffer in plan["inputs"]] == [4, 6]
    assert [buffer["shape"] for buffer in plan["outputs"]] == [[3], [5], [3]]


def test_layer_names_cannot_end_a_comment():
    values = list(small_models.network_values())
    values[9] = Value("net/*/ evil();/MatMul", (1, 4), "int8", (0.1,), (-4,))
    library = compile_model(small_models.network(tuple(values)), "small", ("a", "b", "c", "d"), "small.h")
    assert "evil()" not in library.source


def test_operators_without_a_kernel_are_refused():
    values = (Value("input", (1,), "int8", (1.0,), (0,)), Value("output", (1,), "int32"))
    model = build(values, (Call("SHAPE", (0,), (1,), schema.ShapeOptionsT()),), (0,), (1,))
    graph = run_pipeline(reader.read(model, "small"))
    with pytest.raises(UserError, match="SHAPE has no kernel and could not be folded away"):
        emit(graph, plan_memory(graph), ("a",), "small.h")


def test_a_constant_part_is_emitted_once():
    values = (Value("input", (1, 4), "int8", (1.0,), (0,)),
              Value("constant", (1, 2), "int8", (1.0,), (0,), data=np.array([[7, -9]])),
              Value("output", (1, 8), "int8", (1.0,), (0,)))
    options = schema.ConcatenationOptionsT()
    options.axis = 1
    model = build(values, (Call("CONCATENATION", (1, 0, 1), (2,), options),), (0,), (2,))
    source = compile_model(model, "small", tuple("abcdefgh"), "small.h").source
    assert source.count("static const int8_t constant1[2] EDGEPLUG_ALIGNED = {\n    7, -9};") == 1
    assert "edgeplug_copy(constant1, output + 6, NULL, 0, 2);\n" in source
    assert "edgeplug_copy(input, output + 2, NULL, 0, 4);\n" in source


def test_the_picture_is_sound_xml_with_every_place():
    library = compile_model(small_models.branches(), "twins", ("a", "b", "c"), "twins.h")
    titles = {title.text for title in ElementTree.fromstring(library.picture).iter("{http://www.w3.org/2000/svg}title")}
    for place in json.loads(library.plan)["tensors"]:
        assert (f"{place['name']}: {place['bytes']} bytes at {place['offset']}, step {place['first_step']} to"
                f" {place['last_step']}") in titles
