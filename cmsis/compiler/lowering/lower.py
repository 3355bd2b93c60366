"""The last stage of the compiler: replaces semantic operators by implementations.

Inputs: a verified Graph and a policy. Outputs: the Graph to plan and to emit. An operator without a fitting implementation
stays as it is: it emits a call of the public API (arm_nnfunctions.h), as every operator does under the policy `cmsis_nn`.
"""

from dataclasses import replace

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.average_pool_2d import GlobalAverage
from cmsis.compiler.lowering.convolution import PackedConv2D
from cmsis.compiler.lowering.depthwise_conv_2d import PackedDepthwiseConv2D
from cmsis.compiler.lowering.fully_connected import PackedFullyConnected
from cmsis.compiler.lowering.implementation import Implementation
from cmsis.compiler.operators.average_pool_2d import AveragePool2D
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.fully_connected import FullyConnected

BALANCED, CMSIS_NN = POLICIES = ("balanced", "cmsis_nn")

# Semantic operators and what implements them, the best first.
_IMPLEMENTATIONS: tuple[tuple[type[Operator], type[Implementation]], ...] = (
    (AveragePool2D, GlobalAverage),
    (Conv2D, PackedConv2D),
    (DepthwiseConv2D, PackedDepthwiseConv2D),
    (FullyConnected, PackedFullyConnected),
)


def candidates(graph: Graph, operator: Operator) -> tuple[Implementation, ...]:
    """Returns all implementations of `operator` that are exact."""
    return tuple(variant for kind, implementation in _IMPLEMENTATIONS if isinstance(operator, kind)
                 for variant in implementation.variants(graph, operator))


def lower(graph: Graph, policy: str) -> Graph:
    """Returns the graph with each operator replaced by its first candidate, under CMSIS_NN by what Arm's library computes."""
    if policy == CMSIS_NN:
        return replace(graph, operators=tuple(operator.for_cmsis_nn(graph) for operator in graph.operators))
    return replace(graph, operators=tuple(next(iter(candidates(graph, operator)), operator) for operator in graph.operators))
