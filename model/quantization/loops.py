"""Refuses recurrent layers that TFLite's converter cannot take, before it crashes over them.

Purpose: the converter dies of a segmentation fault over lists of tensors, which TensorFlow makes of a recurrent layer's loop. It
knows one such loop as a whole: the LSTM of Keras 2, a function that says which layer it implements.
Inputs: the graph that will be converted. Errors: UserError naming the layer.
"""

from collections.abc import Iterator

import tensorflow as tf

from tools.errors import UserError

_LIST, _CALLS = "TensorListReserve", ("PartitionedCall", "StatefulPartitionedCall")
_IMPLEMENTS, _KNOWN = "api_implements", b"lstm_"


def refuse_loops(graph: tf.Graph, name: str) -> None:
    """Raises UserError for a loop in `graph`, the network `name`."""
    definition = graph.as_graph_def()
    functions = {function.signature.name: function for function in definition.library.function}
    bodies = [("", definition.node), *((key, function.node_def) for key, function in functions.items()
                                       if not function.attr[_IMPLEMENTS].s.startswith(_KNOWN))]
    for key, nodes in bodies:
        for node in nodes:
            if node.op == _LIST:
                layer = _scope(node.name) or next(map(_scope, _callers(definition, key)), "") or "a recurrent layer"
                raise UserError(f"{name}: layer {layer} is a loop; got a recurrent layer with unroll=False, want one that is "
                                "unrolled. Fix: make it with unroll=True, copy the weights, and save the model anew.")


def _callers(definition: tf.compat.v1.GraphDef, function: str) -> Iterator[str]:
    """Names of the nodes that call `function`."""
    for nodes in (definition.node, *(other.node_def for other in definition.library.function)):
        yield from (node.name for node in nodes if node.op in _CALLS and node.attr["f"].func.name == function)


def _scope(node: str) -> str:
    """The layer that a node belongs to: the last part but one of its name."""
    parts = node.split("/")
    return parts[-2] if len(parts) > 1 else ""
