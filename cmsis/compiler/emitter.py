"""Writes the C library and the plan of a compiled graph.

Inputs: a Graph after the pipeline, its memory Plan, the names of the classes. Outputs: C source, C header, plan.json.
Templates in templates/ hold the C; operators bring their calls. Deterministic: equal inputs give equal text.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from cmsis.compiler.ir import Constant, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.planner import Plan, owner
from tools.errors import UserError

_TEMPLATES = Path(__file__).parent / "templates"
_CHECKED_CALL = Template("    /* $layer */\n    if ($call != ARM_CMSIS_NN_SUCCESS) {\n        return -2;\n    }\n")
_VOID_CALL = Template("    /* $layer */\n    $call;\n")
_EXTENSION_PREFIX = "edgeplug_"
_EXTENSION_INCLUDE = '#include "edgeplug_nn.h"\n'


@dataclass(frozen=True)
class Library:
    """The three texts of a compiled network."""

    source: str
    header: str
    plan: str


def emit(graph: Graph, plan: Plan, classes: tuple[str, ...], header_name: str) -> Library:
    """Returns the library; `header_name` is how the source includes the header. Raises UserError."""
    output = graph.tensors[graph.outputs[0]]
    if len(classes) != output.elements:
        raise UserError(f"spec: classes do not fit the model's output {list(output.shape)}; got {len(classes)}, want"
                        f" {output.elements}. Fix: correct `classes` in the spec")
    emissions = tuple(operator.emit(graph, _places(graph, plan, step)) for step, operator in enumerate(plan.steps))
    return Library(_source(graph, plan, emissions, classes, header_name), _header(graph, plan, classes),
                   _plan_json(graph, plan, classes))


def _places(graph: Graph, plan: Plan, step: int) -> Places:
    operator = plan.steps[step]
    scratch = next((place for place in plan.places if place.tensor is None and place.first == step), None)
    return Places(
        prefix=f"layer{step}",
        inputs=tuple(_pointer(graph, plan, number) for number in operator.inputs),
        output=_pointer(graph, plan, operator.outputs[0]),
        scratch="NULL" if scratch is None else f"arena + {scratch.offset}")


def _pointer(graph: Graph, plan: Plan, number: int) -> str:
    """Returns the C expression for a tensor; constants are named by their operators and get none."""
    number = owner(graph, number)
    if number == owner(graph, graph.inputs[0]):
        return "input"
    if number == owner(graph, graph.outputs[0]):
        return "output"
    place = next((place for place in plan.places if place.tensor == number), None)
    return "" if place is None else f"arena + {place.offset}"


def _source(graph: Graph, plan: Plan, emissions: tuple[Emission, ...], classes: tuple[str, ...], header: str) -> str:
    constants: list[Constant] = []
    for emission in emissions:
        constants.extend(constant for constant in emission.constants if constant not in constants)
    steps = "".join(_step(operator, emission) for operator, emission in zip(plan.steps, emissions))
    return _template("model.c.tmpl").substitute(
        name=graph.name, macro=graph.name.upper(), header=header,
        extra_includes=_EXTENSION_INCLUDE if any(_EXTENSION_PREFIX in emission.call for emission in emissions) else "",
        class_names=",\n    ".join(f'"{name}"' for name in classes),
        constants="\n".join(constant.definition for constant in constants), steps=steps)


def _step(operator: Operator, emission: Emission) -> str:
    template = _CHECKED_CALL if emission.returns_status else _VOID_CALL
    return template.substitute(layer=_comment(operator.layer), call=emission.call)


def _comment(text: str) -> str:
    """Returns text that can't end a C comment, whatever the model file calls its layers."""
    return "".join(character if character.isalnum() or character in "_-./ " else "?" for character in text
                   if character.isascii()).replace("*/", "?")


def _header(graph: Graph, plan: Plan, classes: tuple[str, ...]) -> str:
    source, target = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    return _template("model.h.tmpl").substitute(
        name=graph.name, macro=graph.name.upper(), classes=len(classes), arena_bytes=plan.arena_bytes,
        input_shape=list(source.shape[1:]), input_bytes=source.size_bytes, input_scale=_float(source.quantization.scale),
        input_zero_point=source.quantization.zero_point, output_shape=list(target.shape[1:]),
        output_bytes=target.size_bytes, output_scale=_float(target.quantization.scale),
        output_zero_point=target.quantization.zero_point)


def _plan_json(graph: Graph, plan: Plan, classes: tuple[str, ...]) -> str:
    layers = [{"name": operator.layer, "operator": operator.builtin, "kernel": operator.kernel_for(graph),
               "macs": operator.macs(graph), "output_shape": list(graph.output_of(operator).shape)}
              for operator in plan.steps]
    weights = {number for operator in plan.steps for number in operator.inputs if graph.tensors[number].constant}
    document = {
        "name": graph.name,
        "classes": list(classes),
        "input": _boundary(graph.tensors[graph.inputs[0]]),
        "output": _boundary(graph.tensors[graph.outputs[0]]),
        "arena_bytes": plan.arena_bytes,
        "weights_bytes": sum(graph.tensors[number].size_bytes for number in weights),
        "macs": sum(layer["macs"] for layer in layers),
        "layers": layers,
        "tensors": [{"name": place.name, "offset": place.offset, "bytes": place.size_bytes, "first_step": place.first,
                     "last_step": place.last} for place in plan.places],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _boundary(tensor: Tensor) -> dict[str, object]:
    return {"shape": list(tensor.shape[1:]), "scale": tensor.quantization.scale,
            "zero_point": tensor.quantization.zero_point, "bytes": tensor.size_bytes}


def _float(value: float) -> str:
    """Returns the shortest C literal of a float32."""
    text = repr(float(str(np.float32(value))))
    return f"{text}f"


def _template(name: str) -> Template:
    return Template((_TEMPLATES / name).read_text(encoding="utf-8"))
