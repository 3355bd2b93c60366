"""Checks that a graph is whole: run after the reader and after every pass.

Inputs: a Graph. Raises UserError naming the layer, for a broken file as for a broken pass.
"""

from cmsis.compiler.ir import DType, Graph, Operator, Tensor
from tools.errors import UserError

_EXPORT = "Fix: export the .tflite again"
INPUT_TYPES = (DType.INT8, DType.INT16)


def verify(graph: Graph) -> None:
    """Raises UserError unless operators are in order, tensors are written once, and shapes are as inferred."""
    _verify_boundary(graph)
    known = {number for number, tensor in enumerate(graph.tensors) if tensor.constant or tensor.state}
    known.update(graph.inputs)
    for operator in graph.operators:
        _verify_order(graph, operator, known)
        known.update(operator.outputs)
        _verify_shapes(graph, operator)
    for number in graph.outputs:
        if number not in known:
            raise UserError(f"model: output {graph.tensors[number].name} is never computed; got no operator, want one."
                            f" {_EXPORT}")


def _verify_boundary(graph: Graph) -> None:
    if not graph.inputs or not graph.outputs:
        raise UserError(f"model: no inputs or no outputs; got {len(graph.inputs)} and {len(graph.outputs)}, want at least one"
                        f" each. {_EXPORT}")
    for what, numbers, types in (("input", graph.inputs, INPUT_TYPES), ("output", graph.outputs, tuple(DType))):
        if len(set(numbers)) < len(numbers):
            raise UserError(f"model: a tensor is listed twice as {what}; got {len(numbers)} {what}s, want {len(set(numbers))}."
                            f" {_EXPORT}")
        for number in numbers:
            _verify_item(what, graph.tensors[number], types)


def _verify_item(what: str, tensor: Tensor, types: tuple[DType, ...]) -> None:
    quantized = tensor.quantization is not None and not tensor.quantization.per_channel
    if (tensor.dtype not in types or tensor.dtype in INPUT_TYPES and not quantized or tensor.constant or tensor.state
            or tensor.shape[:1] != (1,)):
        raise UserError(f"model: {what} {tensor.name} is no single int8 item; got {tensor.dtype} of shape"
                        f" {list(tensor.shape)}, want int8 with batch size 1 and quantization. Fix: convert with"
                        " inference_input_type and inference_output_type int8, batch size 1")


def _verify_order(graph: Graph, operator: Operator, known: set[int]) -> None:
    for number in operator.inputs:
        if number not in known:
            raise UserError(f"{operator.layer}: {operator.builtin} reads {graph.tensors[number].name} before it is"
                            f" computed (a cycle?); got no value, want operators in order. {_EXPORT}")
    for number in operator.outputs:
        if number in known:
            raise UserError(f"{operator.layer}: {operator.builtin} writes {graph.tensors[number].name}, which has a value"
                            f" already; got two writers, want one. {_EXPORT}")


def _verify_shapes(graph: Graph, operator: Operator) -> None:
    inferred = operator.infer_shapes(graph)
    stated = tuple(graph.tensors[number].shape for number in operator.outputs)
    if inferred != stated:
        raise UserError(f"{operator.layer}: shape of {operator.builtin} does not follow from its inputs; got"
                        f" {_shapes(stated)}, want {_shapes(inferred)}. {_EXPORT}")


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return " and ".join(str(list(shape)) for shape in shapes) or "none"
