"""One trial of the fuzzer: a model through the compiler within limits, and what compiles beside TFLite.

Inputs: the bytes of a model. Outputs: an Outcome. Errors: none; whatever is raised becomes an Outcome. Limits of time are of
processor time, so that other work on the machine makes no finding; limits of memory count what is added.
"""

import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cmsis.compiler import reader
from cmsis.compiler.compiler import compile_model
from cmsis.compiler.evaluator import Evaluator
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.choose import CMSIS_NN, SPEED, Policy
from cmsis.compiler.lowering.costs import Cost, LayerCosts
from cmsis.compiler.lowering.lower import label, options
from cmsis.compiler.pipeline import run_pipeline
from cmsis.testing.oracle_worker import OracleWorker
from tools.errors import UserError
from tools.link.kit import Kit
from tools.link.network_elf import compile_network, link_network
from tools.link.simulated_network import SimulatedNetwork

CPU_SECONDS = 2.0
MEMORY_BYTES = 1 << 30
NO_FINDING = ("compiled", "refused", "agrees", "agrees on the core", "refused by TFLite", "too large to compare")
_NAMED_SCORES_MAX = 10_000
_INPUTS = 3
_ANY = Policy(SPEED, None, 1 << 20)  # with weights in SRAM, too


class Hang(Exception):
    """The compiler took more than CPU_SECONDS."""


@dataclass(frozen=True)
class Outcome:
    """`kind` is one of NO_FINDING, or the kind of a finding, whose text is `detail`."""

    kind: str
    detail: str = ""


def try_model(action: Callable[[bytes], object], model: bytes) -> Outcome:
    """What `action`, most often compile_whole, makes of a model."""
    def too_long(*_: object) -> None:
        raise Hang

    previous = signal.signal(signal.SIGVTALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space_bytes() + MEMORY_BYTES, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        action(model)
        return Outcome("compiled")
    except UserError as error:
        is_whole = "; got " in str(error) and "Fix: " in str(error)
        return Outcome("refused") if is_whole else Outcome("message", str(error))
    except Hang:
        return Outcome("hang", _where())
    except MemoryError:
        return Outcome("memory", _where())
    except Exception:  # whatever it is, it is a finding
        return Outcome("traceback", _where())
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.signal(signal.SIGVTALRM, previous)


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def compile_whole(model: bytes, rng: np.random.Generator) -> None:
    """The whole way from bytes to C: with the first kernel for each layer, with random ones, and by the public API."""
    graph = reader.read(model, "net")
    scores = graph.tensors[graph.outputs[0]].elements if graph.outputs else 0
    classes = tuple(f"c{index}" for index in range(min(scores, _NAMED_SCORES_MAX)))
    for policy in (Policy(), Policy(CMSIS_NN)):
        compile_model(model, "net", classes, "net.h", policy)
    compile_model(model, "net", classes, "net.h", _ANY, random_costs(run_pipeline(graph), rng))


def random_costs(graph: Graph, rng: np.random.Generator) -> tuple[LayerCosts, ...]:
    """Costs by which any of a layer's kernels may be chosen."""
    def cost(way: Operator) -> Cost:
        return Cost(label(graph, way), int(rng.integers(1, 1000)), 1, getattr(way, "in_sram", 0), ())

    return tuple(LayerCosts(operator.layer, tuple(map(cost, ways)))
                 for operator in graph.operators if (ways := options(graph, operator, _ANY)))


def compare(model: bytes, worker: OracleWorker, rng: np.random.Generator, kit: Kit | None) -> Outcome:
    """What TFLite says of a model that compiles, beside the compiler's reference and, with a kit, the simulated core."""
    graph = run_pipeline(reader.read(model, "net"))
    tensors = [graph.tensors[number] for number in graph.inputs]
    inputs = [[rng.integers(-128, 128, tensor.shape).astype(tensor.dtype.value) for tensor in tensors] for _ in range(_INPUTS)]
    answer = worker.ask(model, [operator.builtin for operator in graph.operators], inputs)
    if answer.refusal:
        return Outcome("refused by TFLite", answer.refusal)
    try:
        if not _equal(_reference(graph, inputs), answer.outputs):
            return Outcome("differs", _operators(graph))
        if kit is None:
            return Outcome("agrees")
        flat = [[output.flatten() for output in outputs] for outputs in answer.outputs]
        is_equal = _equal(_on_the_core(model, random_costs(graph, rng), inputs, kit), flat)
        return Outcome("agrees on the core") if is_equal else Outcome("differs on the core", _operators(graph))
    except MemoryError:
        return Outcome("too large to compare")
    except UserError as error:
        return Outcome("too large to compare") if "overflowed" in str(error) else Outcome("does not run", _where())
    except Exception:  # a run that fails is a wrong image
        return Outcome("does not run", _where())


def _reference(graph: Graph, inputs: Sequence[Sequence[np.ndarray]]) -> list[Sequence[np.ndarray]]:
    evaluator = Evaluator(graph)
    return [evaluator.run(values) for values in inputs]


def _on_the_core(model: bytes, costs: tuple[LayerCosts, ...], inputs: Sequence[Sequence[np.ndarray]],
                 kit: Kit) -> list[Sequence[np.ndarray]]:
    library = compile_network(model, policy=_ANY, costs=costs)
    return list(SimulatedNetwork(link_network(kit, library), library.plan).run(inputs))


def _equal(found: Sequence[Sequence[np.ndarray]], wanted: Sequence[Sequence[np.ndarray]]) -> bool:
    """Whether all outputs of all inputs have the same type, shape and values."""
    return all(len(ours) == len(theirs) and all(one.dtype == other.dtype and np.array_equal(one, other)
                                                for one, other in zip(ours, theirs)) for ours, theirs in zip(found, wanted))


def _operators(graph: Graph) -> str:
    return ", ".join(operator.builtin for operator in graph.operators)


def _where() -> str:
    """The innermost frames of the current exception, and its text."""
    kind, error, trace = sys.exc_info()
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-3:]]
    return f"{kind.__name__} in {' < '.join(reversed(frames))}: {str(error)[:100]}"
