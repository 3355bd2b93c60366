"""Checks that a graph is whole: run after the reader and after every pass.

Inputs: a Graph. Raises UserError naming the layer, for a broken file as for a broken pass.
"""

from cmsis.compiler.ir import DType, Graph, Operator, Tensor
from tools.errors import UserError

_EXPORT = "Fix: export the .tflite again"


def verify(graph: Graph) -> None:
    """Raises UserError unless operators are in order, tensors are written once, and shapes are as inferred."""
    _verify_boundary(graph)
    known = {number for number, tensor in enumerate(graph.tensors) if tensor.constant} | set(graph.inputs)
    for operator in graph.operators:
        _verify_order(graph, operator, known)
        known.update(operator.outputs)
        _verify_shape(graph, operator)
    for number in graph.outputs:
        if number not in known:
            raise UserError(f"model: output {graph.tensors[number].name} is never computed; got no operator, want one."
                            f" {_EXPORT}")


def _verify_boundary(graph: Graph) -> None:
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UserError(f"model: inputs and outputs; got {len(graph.inputs)} and {len(graph.outputs)}, want one each."
                        " Fix: split the network, or join its inputs")
    for what, number in (("input", graph.inputs[0]), ("output", graph.outputs[0])):
        tensor = graph.tensors[number]
        if not _one_int8_item(tensor):
            raise UserError(f"model: {what} {tensor.name} is no single int8 item; got {tensor.dtype} of shape"
                            f" {list(tensor.shape)}, want int8 with batch size 1 and quantization. Fix: convert with"
                            " inference_input_type and inference_output_type int8, batch size 1")


def _one_int8_item(tensor: Tensor) -> bool:
    quantized = tensor.quantization is not None and not tensor.quantization.per_channel
    return tensor.dtype is DType.INT8 and quantized and not tensor.constant and tensor.shape[:1] == (1,)


def _verify_order(graph: Graph, operator: Operator, known: set[int]) -> None:
    for number in operator.inputs:
        if number not in known:
            raise UserError(f"{operator.layer}: {operator.builtin} reads {graph.tensors[number].name} before it is"
                            f" computed (a cycle?); got no value, want operators in order. {_EXPORT}")
    for number in operator.outputs:
        if number in known:
            raise UserError(f"{operator.layer}: {operator.builtin} writes {graph.tensors[number].name}, which has a value"
                            f" already; got two writers, want one. {_EXPORT}")


def _verify_shape(graph: Graph, operator: Operator) -> None:
    inferred, stated = operator.infer_shape(graph), graph.output_of(operator).shape
    if inferred != stated:
        raise UserError(f"{operator.layer}: shape of {operator.builtin} does not follow from its inputs; got"
                        f" {list(stated)}, want {list(inferred)}. {_EXPORT}")
