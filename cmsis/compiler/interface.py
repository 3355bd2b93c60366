"""The network's inputs and outputs as the C library and plan.json name them.

Inputs: a Graph. Outputs: Buffers: `input` and `output` where there is one, else `input0`, `input1`, ...
"""

from dataclasses import dataclass
from string import Template

from cmsis.compiler import c_source
from cmsis.compiler.ir import DType, Graph, Tensor

_MACROS = Template("""
/* $what ($model_name): $type $shape$meaning. */
#define ${macro}_BYTES $bytes
$quantization""")
_QUANTIZATION = Template("#define ${macro}_SCALE $scale\n#define ${macro}_ZERO_POINT ($zero_point)\n")


@dataclass(frozen=True)
class Buffer:
    """A buffer of the caller: `tensor` has the number `number` in the graph, `name` is its C parameter."""

    name: str
    number: int
    tensor: Tensor
    written: bool

    @property
    def parameter(self) -> str:
        """The C declaration of NAME_run's parameter."""
        return f"{'' if self.written else 'const '}{c_source.type_name(self.tensor.dtype)} *{self.name}"

    def macros(self, prefix: str, meaning: str = "") -> str:
        """Returns the header's definitions of this buffer; `meaning` follows the shape."""
        macro, quantization = f"{prefix}_{self.name.upper()}", self.tensor.quantization
        scales = "" if self.tensor.dtype is DType.FLOAT32 or quantization is None else _QUANTIZATION.substitute(
            macro=macro, scale=c_source.number(float(quantization.scale)), zero_point=quantization.zero_point)
        return _MACROS.substitute(what=self.name.capitalize(), model_name=c_source.comment(self.tensor.name), type=self.tensor.dtype.value, macro=macro, meaning=meaning,
                                  shape=list(self.tensor.shape[1:]), bytes=self.tensor.size_bytes, quantization=scales)

    def description(self) -> dict[str, object]:
        """Returns what plan.json says."""
        quantization = self.tensor.quantization
        scales = {} if self.tensor.dtype is DType.FLOAT32 or quantization is None else {
            "scale": quantization.scale, "zero_point": quantization.zero_point}
        return {"shape": list(self.tensor.shape[1:]), "type": self.tensor.dtype.value, "bytes": self.tensor.size_bytes,
                **scales}


def inputs(graph: Graph) -> tuple[Buffer, ...]:
    """Returns the inputs' buffers."""
    return _buffers(graph, "input", graph.inputs, written=False)


def outputs(graph: Graph) -> tuple[Buffer, ...]:
    """Returns the outputs' buffers."""
    return _buffers(graph, "output", graph.outputs, written=True)


def _buffers(graph: Graph, what: str, numbers: tuple[int, ...], written: bool) -> tuple[Buffer, ...]:
    return tuple(Buffer(what if len(numbers) == 1 else f"{what}{index}", number, graph.tensors[number], written)
                 for index, number in enumerate(numbers))
