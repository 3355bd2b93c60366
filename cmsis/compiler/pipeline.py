"""The passes, in order, each followed by the verifier."""

from cmsis.compiler.ir import Graph
from cmsis.compiler.passes.drop_channels import drop_channels
from cmsis.compiler.passes.fold_binaries import fold_binaries
from cmsis.compiler.passes.fold_constants import fold_constants
from cmsis.compiler.passes.fold_pads import fold_pads
from cmsis.compiler.passes.fold_slices import fold_slices
from cmsis.compiler.passes.fuse_clamps import fuse_clamps
from cmsis.compiler.passes.fuse_look_ups import fuse_look_ups
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.compiler.passes.remove_identities import remove_identities
from cmsis.compiler.verifier import verify

PIPELINE = (
    fold_constants,
    remove_dead_operators,
    fold_binaries,
    fold_pads,
    fold_slices,
    remove_dead_operators,
    fuse_look_ups,
    fuse_clamps,
    remove_identities,
    remove_dead_operators,
    drop_channels,
)


def run_pipeline(graph: Graph) -> Graph:
    """Returns the graph after all passes; raises UserError where the graph is not whole."""
    verify(graph)
    for compiler_pass in PIPELINE:
        graph = compiler_pass(graph)
        verify(graph)
    return graph
