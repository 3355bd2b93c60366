"""The .tflite schema, as far as the compiler reads it: field numbers, type codes, operator codes.

Purpose: names for the numbers that reader.py and the operators pass to flatbuffer.Table.
Source: TFLite's public schema.fbs, version 3. schema_test.py compares every number with the schema inside the locked
TensorFlow wheel.
"""

from enum import IntEnum

IDENTIFIER = b"TFL3"
VERSION = 3


class Model(IntEnum):
    VERSION = 0
    OPERATOR_CODES = 1
    SUBGRAPHS = 2
    BUFFERS = 4


class OperatorCode(IntEnum):
    DEPRECATED_BUILTIN_CODE = 0
    CUSTOM_CODE = 1
    VERSION = 2
    BUILTIN_CODE = 3


class SubGraph(IntEnum):
    TENSORS = 0
    INPUTS = 1
    OUTPUTS = 2
    OPERATORS = 3


class Tensor(IntEnum):
    SHAPE = 0
    TYPE = 1
    BUFFER = 2
    NAME = 3
    QUANTIZATION = 4
    IS_VARIABLE = 5
    SPARSITY = 6
    SHAPE_SIGNATURE = 7
    EXTERNAL_BUFFER = 10


class QuantizationParameters(IntEnum):
    SCALE = 2
    ZERO_POINT = 3
    DETAILS_TYPE = 4
    QUANTIZED_DIMENSION = 6


class Operator(IntEnum):
    OPCODE_INDEX = 0
    INPUTS = 1
    OUTPUTS = 2
    BUILTIN_OPTIONS_TYPE = 3
    BUILTIN_OPTIONS = 4
    INTERMEDIATES = 8


class Buffer(IntEnum):
    DATA = 0
    OFFSET = 1


class Conv2DOptions(IntEnum):
    PADDING = 0
    STRIDE_W = 1
    STRIDE_H = 2
    FUSED_ACTIVATION_FUNCTION = 3
    DILATION_W_FACTOR = 4
    DILATION_H_FACTOR = 5


class DepthwiseConv2DOptions(IntEnum):
    PADDING = 0
    STRIDE_W = 1
    STRIDE_H = 2
    DEPTH_MULTIPLIER = 3
    FUSED_ACTIVATION_FUNCTION = 4
    DILATION_W_FACTOR = 5
    DILATION_H_FACTOR = 6


class TransposeConvOptions(IntEnum):
    PADDING = 0
    STRIDE_W = 1
    STRIDE_H = 2
    FUSED_ACTIVATION_FUNCTION = 3


class Pool2DOptions(IntEnum):
    PADDING = 0
    STRIDE_W = 1
    STRIDE_H = 2
    FILTER_WIDTH = 3
    FILTER_HEIGHT = 4
    FUSED_ACTIVATION_FUNCTION = 5


class FullyConnectedOptions(IntEnum):
    FUSED_ACTIVATION_FUNCTION = 0
    WEIGHTS_FORMAT = 1
    KEEP_NUM_DIMS = 2


class BatchMatMulOptions(IntEnum):
    ADJ_X = 0
    ADJ_Y = 1


class UnidirectionalSequenceLSTMOptions(IntEnum):
    FUSED_ACTIVATION_FUNCTION = 0
    CELL_CLIP = 1
    TIME_MAJOR = 3


class SVDFOptions(IntEnum):
    RANK = 0
    FUSED_ACTIVATION_FUNCTION = 1


class ReshapeOptions(IntEnum):
    NEW_SHAPE = 0


class SoftmaxOptions(IntEnum):
    BETA = 0


class ArgMaxOptions(IntEnum):
    OUTPUT_TYPE = 0


class AddOptions(IntEnum):
    FUSED_ACTIVATION_FUNCTION = 0


class SubOptions(IntEnum):
    FUSED_ACTIVATION_FUNCTION = 0


class MulOptions(IntEnum):
    FUSED_ACTIVATION_FUNCTION = 0


class LeakyReluOptions(IntEnum):
    ALPHA = 0


class ReducerOptions(IntEnum):
    KEEP_DIMS = 0


class ConcatenationOptions(IntEnum):
    AXIS = 0
    FUSED_ACTIVATION_FUNCTION = 1


class PackOptions(IntEnum):
    AXIS = 1


class SplitOptions(IntEnum):
    NUM_SPLITS = 0


class SplitVOptions(IntEnum):
    NUM_SPLITS = 0


class UnpackOptions(IntEnum):
    NUM = 0
    AXIS = 1


class StridedSliceOptions(IntEnum):
    BEGIN_MASK = 0
    END_MASK = 1
    ELLIPSIS_MASK = 2
    NEW_AXIS_MASK = 3
    SHRINK_AXIS_MASK = 4
    OFFSET = 5


class ResizeNearestNeighborOptions(IntEnum):
    ALIGN_CORNERS = 0
    HALF_PIXEL_CENTERS = 1


class Padding(IntEnum):
    SAME = 0
    VALID = 1


class ActivationFunctionType(IntEnum):
    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5
