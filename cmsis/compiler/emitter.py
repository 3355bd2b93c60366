"""Writes the C library and the plan of a compiled graph.

Inputs: a Graph after the pipeline, its memory Plan, the names of the classes. Outputs: C source, C header, plan.json and its picture.
Templates in templates/ hold the C; operators bring their calls. Deterministic: equal inputs give equal text.
"""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from cmsis.compiler import c_source, interface
from cmsis.compiler.evaluator import initial_state
from cmsis.compiler.ir import Constant, DType, Emission, Graph, Operator, Places
from cmsis.compiler.plan_picture import picture
from cmsis.compiler.planner import Place, Plan
from cmsis.compiler.shared_constants import share_constants
from tools.errors import UserError

_TEMPLATES = Path(__file__).parent / "templates"
_CHECKED_CALL = Template("    /* $layer */\n    if ($call != ARM_CMSIS_NN_SUCCESS) {\n        return -2;\n    }\n")
_VOID_CALL = Template("    /* $layer */\n    $call;\n")
_CONSTANT_PREFIX = "constant"
_CLEAR = Template("    memset(self->arena + $offset, $value, $bytes);\n")


@dataclass(frozen=True)
class Library:
    """The texts of a compiled network; `picture` is the plan as an SVG."""

    source: str
    header: str
    plan: str
    picture: str


def emit(graph: Graph, plan: Plan, classes: tuple[str, ...], header_name: str) -> Library:
    """Returns the library; `header_name` is how the source includes the header. Raises UserError."""
    _check_classes(graph, classes)
    emissions = tuple(operator.emit(graph, _places(graph, plan, step)) for step, operator in enumerate(plan.steps))
    return Library(_source(graph, plan, emissions, classes, header_name), _header(graph, plan, classes),
                   _plan_json(graph, plan, classes), picture(graph, plan))


def _check_classes(graph: Graph, classes: tuple[str, ...]) -> None:
    """Raises UserError unless each element of the first output has a name; a class's number (ARG_MAX) is no score."""
    output = graph.tensors[graph.outputs[0]]
    if output.dtype not in (DType.INT32, DType.INT64) and len(classes) != output.elements:
        raise UserError(f"spec: classes do not fit the model's output {list(output.shape)}; got {len(classes)}, want"
                        f" {output.elements}. Fix: correct `classes` in the spec")


def _places(graph: Graph, plan: Plan, step: int) -> Places:
    operator = plan.steps[step]
    scratch = next((place for place in plan.places if place.tensor is None and place.first == step), None)
    return Places(
        prefix=f"layer{step}",
        inputs=tuple(_pointer(graph, plan, number) for number in operator.inputs),
        outputs=tuple(_pointer(graph, plan, number) for number in operator.outputs),
        scratch="NULL" if scratch is None else f"arena + {scratch.offset}",
        settled=tuple(plan.settled(alias) for alias in operator.aliases(graph)))


def _pointer(graph: Graph, plan: Plan, number: int) -> str:
    """Returns the C expression for a tensor; see _used_constants for constants."""
    tensor = graph.tensors[number]
    if tensor.constant:
        return f"{_CONSTANT_PREFIX}{number}"
    place, type_name = plan.place_of(number), c_source.type_name(tensor.dtype)
    if place.buffer is None:
        pointer, in_type = f"arena + {place.offset}", tensor.dtype is DType.INT8
    else:
        buffer = next(one for one in interface.inputs(graph) + interface.outputs(graph) if one.number == place.buffer)
        item_bytes, in_type = buffer.tensor.dtype.item_bytes, tensor.dtype is buffer.tensor.dtype
        if place.offset % item_bytes == 0:
            pointer = c_source.moved(buffer.name, place.offset // item_bytes)
        else:
            pointer = f"(int8_t *){buffer.name} + {place.offset}"
            in_type = tensor.dtype is DType.INT8
    return pointer if in_type else f"({type_name} *)({pointer})"


def _used_constants(graph: Graph, operator: Operator, call: str) -> tuple[Constant, ...]:
    """Returns the arrays of those constant inputs that a call names by their Places expression."""
    named = {int(number) for number in re.findall(rf"\b{_CONSTANT_PREFIX}(\d+)\b", call)}
    return tuple(c_source.array(f"{_CONSTANT_PREFIX}{number}", c_source.type_name(graph.tensors[number].dtype),
                                graph.tensors[number].array().flatten())
                 for number in sorted(named.intersection(operator.inputs)))


def _source(graph: Graph, plan: Plan, emissions: tuple[Emission, ...], classes: tuple[str, ...], header: str) -> str:
    constants, calls = share_constants([
        ((*emission.constants, *_used_constants(graph, operator, emission.call)), emission.call)
        for operator, emission in zip(plan.steps, emissions)])
    steps = "".join(_step(operator, replace(emission, call=call))
                    for operator, emission, call in zip(plan.steps, emissions, calls))
    buffers = interface.inputs(graph) + interface.outputs(graph)
    return _template("model.c.tmpl").substitute(
        name=graph.name, macro=graph.name.upper(), header=header,
        includes="\n".join(f'#include "{name}"' for name in sorted(
            {name for emission in emissions for name in (emission.header, *emission.further_headers)})),
        reset=_reset(graph, plan, "reset.c.tmpl"),
        begun=f"{graph.name}_reset(self)" if _states(graph, plan) else "0",
        parameters=", ".join(buffer.parameter for buffer in buffers),
        any_missing=" || ".join(f"{buffer.name} == NULL" for buffer in buffers),
        class_names=",\n    ".join(f'"{name}"' for name in classes),
        constants="\n".join(constant.definition for constant in constants), steps=steps)


def _reset(graph: Graph, plan: Plan, template: str) -> str:
    """Returns the text that declares or defines NAME_reset, which puts the states to real zero; "" where there is no state."""
    clears = "".join(_CLEAR.substitute(offset=place.offset, value=initial_state(graph.tensors[place.tensor]).flat[0],
                                       bytes=place.size_bytes) for place in _states(graph, plan))
    return _template(template).substitute(name=graph.name, clears=clears) if clears else ""


def _states(graph: Graph, plan: Plan) -> list[Place]:
    return [place for place in plan.places if place.tensor is not None and graph.tensors[place.tensor].state]


def _step(operator: Operator, emission: Emission) -> str:
    template = _CHECKED_CALL if emission.returns_status else _VOID_CALL
    return template.substitute(layer=c_source.comment(operator.layer), call=emission.call)


def _header(graph: Graph, plan: Plan, classes: tuple[str, ...]) -> str:
    macro, buffers = graph.name.upper(), interface.inputs(graph) + interface.outputs(graph)
    scores = interface.outputs(graph)[0]
    meaning = "" if scores.tensor.dtype in (DType.INT32, DType.INT64) else ", one score per class"
    return _template("model.h.tmpl").substitute(
        name=graph.name, macro=macro, classes=len(classes), arena_bytes=plan.arena_bytes,
        buffers="".join(buffer.macros(macro, meaning if buffer == scores else "") for buffer in buffers),
        keeps="the network's state" if _states(graph, plan) else "nothing", reset=_reset(graph, plan, "reset.h.tmpl"),
        parameters=", ".join(buffer.parameter for buffer in buffers))


def _plan_json(graph: Graph, plan: Plan, classes: tuple[str, ...]) -> str:
    layers = [{"name": operator.layer, "operator": operator.builtin, "kernel": operator.kernel_for(graph),
               "macs": graph.nominal_macs_of(operator), "live_macs": operator.macs(graph),
               "output_shape": list(graph.output_of(operator).shape)}
              for operator in plan.steps]
    weights = {number for operator in plan.steps for number in operator.inputs if graph.tensors[number].constant}
    document = {
        "name": graph.name,
        "classes": list(classes),
        **_ends("input", interface.inputs(graph)),
        **_ends("output", interface.outputs(graph)),
        "arena_bytes": plan.arena_bytes,
        "state_bytes": sum(place.size_bytes for place in _states(graph, plan)),
        "weights_bytes": sum(graph.tensors[number].size_bytes for number in weights),
        "macs": sum(layer["macs"] for layer in layers),
        "live_macs": sum(layer["live_macs"] for layer in layers),
        "layers": layers,
        "tensors": [{"name": place.name, "offset": place.offset, "bytes": place.size_bytes, "first_step": place.first,
                     "last_step": place.last} for place in plan.places if place.buffer is None],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _ends(what: str, buffers: tuple[interface.Buffer, ...]) -> dict[str, object]:
    """Returns the one buffer under its name, or a list of several under the plural."""
    if len(buffers) == 1:
        return {what: buffers[0].description()}
    return {f"{what}s": [buffer.description() for buffer in buffers]}


def _template(name: str) -> Template:
    return Template((_TEMPLATES / name).read_text(encoding="utf-8"))
