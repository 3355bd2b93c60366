"""Pass: makes one look-up of two in a row. Exact: the tables are composed value by value."""

from dataclasses import replace

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.passes.rewriting import rewrite_look_ups


def fuse_look_ups(graph: Graph) -> Graph:
    """Returns the graph in which no look-up reads another's result that nobody else wants, views between them included."""
    return rewrite_look_ups(graph, _compose)


def _compose(graph: Graph, first: Operator, second: LookUp) -> Operator | None:
    if not isinstance(first, LookUp):
        return None
    return replace(second, inputs=first.inputs, table=second.outputs_of_table()[np.frombuffer(first.table, np.uint8)].tobytes())
