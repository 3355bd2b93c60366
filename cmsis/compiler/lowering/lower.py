"""The last stage of the compiler: replaces semantic operators by implementations.

Inputs: a verified Graph, a Policy, and what the options cost, if that was measured (//cmsis/costs). Outputs: the Graph to plan
and to emit. An operator without a fitting implementation stays as it is: it emits a call of the public API
(arm_nnfunctions.h), as every operator does under the policy `cmsis_nn`.
"""

from dataclasses import replace

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.average_pool_2d import GlobalAverage
from cmsis.compiler.lowering.choose import CMSIS_NN, SIZE, Policy, choose
from cmsis.compiler.lowering.convolution import PackedConv2D, SmallConv2D
from cmsis.compiler.lowering.costs import LayerCosts
from cmsis.compiler.lowering.depthwise_any import AnyDepthwiseConv2D
from cmsis.compiler.lowering.depthwise_conv_2d import DEPTHWISE
from cmsis.compiler.lowering.fully_connected import PackedFullyConnected, SmallFullyConnected
from cmsis.compiler.lowering.implementation import Implementation
from cmsis.compiler.lowering.rows import RowsConv2D, RowsFullyConnected
from cmsis.compiler.lowering.weighted_sum import WeightedSum
from cmsis.compiler.operators.add import Add
from cmsis.compiler.operators.average_pool_2d import AveragePool2D
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.fully_connected import FullyConnected
from tools.errors import UserError

# Semantic operators and what implements them, the best first.
_IMPLEMENTATIONS: tuple[tuple[type[Operator], type[Implementation]], ...] = (
    (Add, WeightedSum),
    (AveragePool2D, GlobalAverage),
    (Conv2D, PackedConv2D),
    (Conv2D, RowsConv2D),
    (Conv2D, SmallConv2D),
    *((DepthwiseConv2D, implementation) for implementation in (*DEPTHWISE, AnyDepthwiseConv2D)),
    (FullyConnected, PackedFullyConnected),
    (FullyConnected, RowsFullyConnected),
    (FullyConnected, SmallFullyConnected),
)


def candidates(graph: Graph, operator: Operator) -> tuple[Implementation, ...]:
    """Returns all implementations of `operator` that are exact."""
    return tuple(variant for kind, implementation in _IMPLEMENTATIONS if isinstance(operator, kind)
                 for variant in implementation.variants(graph, operator))


def options(graph: Graph, operator: Operator, policy: Policy) -> tuple[Operator, ...]:
    """Returns all ways to run `operator`: the candidates, where the policy allows it with their weights in SRAM, too, and itself
    by the public API; none where only bytes move, if at all.
    """
    if operator.aliases(graph):
        return ()
    found = candidates(graph, operator)
    in_sram = (replace(candidate, in_sram=True) for candidate in found if policy.sram_bytes and candidate.has_weights)
    return (*found, *in_sram, operator)


def label(graph: Graph, option: Operator) -> str:
    """Returns the option's name in costs."""
    return option.label if isinstance(option, Implementation) else option.kernel_for(graph)


def lower(graph: Graph, policy: Policy, costs: tuple[LayerCosts, ...] | None = None) -> Graph:
    """Returns the graph with each operator replaced by the option that `policy` likes best, without costs by its first one, under
    CMSIS_NN by what Arm's library computes.

    Raises:
        UserError: nothing fits the policy's limit, or the costs are of another network, or missing where bytes decide.
    """
    if policy.kind == CMSIS_NN:
        return replace(graph, operators=tuple(operator.for_cmsis_nn(graph) for operator in graph.operators))
    found = [(operator, options(graph, operator, policy)) for operator in graph.operators]
    if costs is None:
        if policy.kind == SIZE or policy.flash_bytes is not None:
            raise UserError(f"{graph.name}: a policy for few bytes needs what the kernels cost; got none, want them measured."
                            " Fix: give --costs, the JSON of //cmsis/costs:measure")
        return replace(graph, operators=tuple(next(iter(these), operator) for operator, these in found))
    ways = [these for _, these in found if these]
    if [tuple(label(graph, option) for option in these) for these in ways] != [
            tuple(cost.label for cost in layer.options) for layer in costs]:
        raise UserError(f"{graph.name}: the costs are of another network; got other kernels, want those of this one."
                        " Fix: measure again (//cmsis/costs:measure)")
    chosen = iter(choose(costs, policy).options)
    return replace(graph, operators=tuple(these[next(chosen)] if these else operator for operator, these in found))
