"""The operators that the compiler knows: one line each. Everything else is refused by name, with its layer."""

from cmsis.compiler.ir import Operator
from cmsis.compiler.node import Node
from cmsis.compiler.operators.add import Add, Sub
from cmsis.compiler.operators.arg_max import ArgMax
from cmsis.compiler.operators.average_pool_2d import AveragePool2D
from cmsis.compiler.operators.batch_matmul import BatchMatMul
from cmsis.compiler.operators.concatenation import Concatenation, Pack
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.conv_2d_s16 import Conv2DS16
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.dequantize import Dequantize
from cmsis.compiler.operators.fill import Fill
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.fully_connected_s16 import FullyConnectedS16
from cmsis.compiler.operators.hard_swish import HardSwish
from cmsis.compiler.operators.leaky_relu import LeakyRelu
from cmsis.compiler.operators.logistic import Logistic
from cmsis.compiler.operators.max_pool_2d import MaxPool2D
from cmsis.compiler.operators.maximum import Maximum, Minimum
from cmsis.compiler.operators.mul import Mul
from cmsis.compiler.operators.pad import Pad, PadV2
from cmsis.compiler.operators.prelu import Prelu
from cmsis.compiler.operators.quantize import Quantize
from cmsis.compiler.operators.reduce import Mean, Sum
from cmsis.compiler.operators.relu import Relu, Relu6, ReluN1To1
from cmsis.compiler.operators.reshape import ExpandDims, Reshape, Squeeze
from cmsis.compiler.operators.resize_nearest_neighbor import ResizeNearestNeighbor
from cmsis.compiler.operators.reverse_v2 import ReverseV2
from cmsis.compiler.operators.shape_arithmetic import Shape
from cmsis.compiler.operators.slice import Slice, StridedSlice
from cmsis.compiler.operators.softmax import Softmax
from cmsis.compiler.operators.split import Split, SplitV, Unpack
from cmsis.compiler.operators.svdf import Svdf
from cmsis.compiler.operators.tanh import Tanh
from cmsis.compiler.operators.tile import Tile
from cmsis.compiler.operators.transpose import Transpose
from cmsis.compiler.operators.transpose_conv import TransposeConv
from cmsis.compiler.operators.unidirectional_sequence_lstm import UnidirectionalSequenceLstm
from tools.errors import UserError

OPERATORS = (
    Add,
    ArgMax,
    AveragePool2D,
    BatchMatMul,
    Concatenation,
    Conv2D,
    Conv2DS16,
    DepthwiseConv2D,
    Dequantize,
    ExpandDims,
    Fill,
    FullyConnected,
    FullyConnectedS16,
    HardSwish,
    LeakyRelu,
    Logistic,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Pack,
    Pad,
    PadV2,
    Prelu,
    Quantize,
    Relu,
    Relu6,
    ReluN1To1,
    Reshape,
    ResizeNearestNeighbor,
    ReverseV2,
    Shape,
    Slice,
    Softmax,
    Split,
    SplitV,
    Squeeze,
    StridedSlice,
    Sub,
    Sum,
    Svdf,
    Tanh,
    Tile,
    Transpose,
    TransposeConv,
    UnidirectionalSequenceLstm,
    Unpack,
)

# What would help, where it is more than another layer.
_HELP = (
    ("GATHER", "convert with a fixed batch: keras.Input(shape, batch_size=1)"),
    ("REDUCE_PROD", "convert with a fixed batch: keras.Input(shape, batch_size=1)"),
    ("SPACE_TO_BATCH_ND", "use dilation_rate=1 in 1-D convolutions, or a Conv2D of height 1"),
)


def is_known(builtin: str) -> bool:
    """Returns whether an operator of ours reads `builtin`."""
    return any(operator.builtin == builtin for operator in OPERATORS)


def check_supported(node: Node) -> None:
    """Raises UserError when no operator of ours reads `node`."""
    if not is_known(node.builtin):
        known = ", ".join(dict.fromkeys(operator.builtin for operator in OPERATORS))
        advice = next((text for builtin, text in _HELP if builtin == node.builtin), "use another layer")
        raise UserError(f"{node.layer}: operator is not supported; got {node.builtin}, want one of {known}."
                        f" Fix: {advice}")


def read(node: Node) -> Operator:
    """Returns the IR operator of a supported node; raises UserError."""
    return operator_of(node).read(node)


def operator_of(node: Node) -> type[Operator]:
    """Returns the class that reads a supported node: where several do, the first one that takes the first input's type."""
    named = [operator for operator in OPERATORS if operator.builtin == node.builtin]
    return next((operator for operator in named if node.inputs and node.input(0).dtype in operator.types), named[0])
