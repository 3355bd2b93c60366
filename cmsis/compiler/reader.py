"""Reads an int8 .tflite file into the IR.

Inputs: the bytes of the file, untrusted. Outputs: a Graph as the file states it; nothing is changed or folded.
Errors: UserError naming the tensor or the layer for whatever is corrupt, float, dynamic or unsupported.
Non-goals: meaning of operators (operators/), consistency of the graph (verifier.py).
"""

import numpy as np

from cmsis.compiler import flatbuffer, schema
from cmsis.compiler.flatbuffer import CorruptError, Table
from cmsis.compiler.ir import DType, Graph, Quantization, Tensor
from cmsis.compiler.node import Node
from cmsis.compiler.operator_names import BUILTIN_OPERATORS, BUILTIN_VERSIONS, TENSOR_TYPES
from cmsis.compiler.operators import registry
from tools.errors import UserError

_MAX_TENSOR_BYTES = 1 << 24  # Above any memory of a Cortex-M4, below any overflow of int32 arithmetic.
_MAX_SCALE = 2.0 ** 62  # The product of two stays finite in float32, in which TFLite computes some.
_EXPORT = "Fix: export the .tflite again"
_QUANTIZE = "Fix: convert to full int8 with a calibration set (//model/quantization:quantize)"


def read(data: bytes, name: str) -> Graph:
    """Returns the graph of a .tflite file; `name` becomes the graph's. Raises UserError."""
    if flatbuffer.identifier(data) != schema.IDENTIFIER:
        raise CorruptError(f"model: not a .tflite file; got identifier {flatbuffer.identifier(data)!r},"
                           f" want {schema.IDENTIFIER!r}. {_EXPORT}")
    model = flatbuffer.root(data)
    version = model.scalar(schema.Model.VERSION, "I", 0)
    subgraphs = model.tables(schema.Model.SUBGRAPHS)
    if version != schema.VERSION or len(subgraphs) != 1:
        raise UserError(f"model: unsupported file; got schema version {version} and {len(subgraphs)} subgraphs, want"
                        f" version {schema.VERSION} and 1. Fix: export a network without control flow")
    subgraph = subgraphs[0]
    builtins = _operator_builtins(model, subgraph)
    tensors = _read_tensors(model, subgraph)
    return Graph(name=name, tensors=tensors, operators=_read_operators(subgraph, builtins, tensors),
                 inputs=_tensor_numbers(subgraph.array(schema.SubGraph.INPUTS, "i4"), tensors, "inputs", first=0),
                 outputs=_tensor_numbers(subgraph.array(schema.SubGraph.OUTPUTS, "i4"), tensors, "outputs", first=0))


def _operator_builtins(model: Table, subgraph: Table) -> tuple[str, ...]:
    """Returns the builtin's name of each operator."""
    codes = model.tables(schema.Model.OPERATOR_CODES)
    names = tuple(_builtin_name(code) for code in codes)
    indices = [_bounded(operator.scalar(schema.Operator.OPCODE_INDEX, "I", 0), len(names), "operator code")
               for operator in subgraph.tables(schema.SubGraph.OPERATORS)]
    for index in set(indices):
        _check_version(names[index], codes[index].scalar(schema.OperatorCode.VERSION, "i", 1))
    return tuple(names[index] for index in indices)


def _check_version(builtin: str, version: int) -> None:
    """Raises UserError for a version of one of our operators that TFLite itself does not know: it may mean something else."""
    if not registry.is_known(builtin):
        return
    latest = BUILTIN_VERSIONS[BUILTIN_OPERATORS.index(builtin)]
    if not 1 <= version <= latest:
        raise UserError(f"model: version of {builtin} is unknown; got {version}, want 1 to {latest}."
                        " Fix: convert with the version of TensorFlow in third_party/pip/requirements.in")


def _builtin_name(code: Table) -> str:
    # Files older than schema 3a hold the code in one byte; newer ones hold it in both fields up to 127.
    number = max(code.scalar(schema.OperatorCode.DEPRECATED_BUILTIN_CODE, "b", 0),
                 code.scalar(schema.OperatorCode.BUILTIN_CODE, "i", 0))
    name = BUILTIN_OPERATORS[_bounded(number, len(BUILTIN_OPERATORS), "builtin operator")]
    return f"CUSTOM {code.string(schema.OperatorCode.CUSTOM_CODE)}" if name == "CUSTOM" else name


def _read_operators(subgraph: Table, builtins: tuple[str, ...], tensors: tuple[Tensor, ...]):
    """Returns the IR operators; layers get unique names."""
    nodes = []
    layers = set()
    for operator, builtin in zip(subgraph.tables(schema.SubGraph.OPERATORS), builtins):
        inputs = _tensor_numbers(operator.array(schema.Operator.INPUTS, "i4"), tensors, builtin, first=-1)
        outputs = _tensor_numbers(operator.array(schema.Operator.OUTPUTS, "i4"), tensors, builtin, first=0)
        layer = _unique(_layer_name(tensors[outputs[0]].name if outputs else "", builtin), layers)
        layers.add(layer)
        nodes.append(Node(layer, builtin, inputs, outputs, operator.table(schema.Operator.BUILTIN_OPTIONS),
                          operator.scalar(schema.Operator.BUILTIN_OPTIONS_TYPE, "B", 0), tensors,
                          _tensor_numbers(operator.array(schema.Operator.INTERMEDIATES, "i4"), tensors, builtin, first=-1)))
    for node in nodes:
        registry.check_supported(node)
    for node in nodes:
        _check_types(node)
    return tuple(registry.read(node) for node in nodes)


def _layer_name(tensor_name: str, builtin: str) -> str:
    """Returns Keras' name of the layer: a tensor is called model/layer/operation[;more of the same]."""
    parts = tensor_name.split(";")[0].split("/")
    return "/".join(parts[1:-1]) or (parts[0] if len(parts) > 1 else builtin.lower())


def _unique(name: str, taken: set[str]) -> str:
    candidates = (name if index == 1 else f"{name}#{index}" for index in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)


def _read_tensors(model: Table, subgraph: Table) -> tuple[Tensor, ...]:
    buffers = model.tables(schema.Model.BUFFERS)
    inputs, valueless = set(subgraph.array(schema.SubGraph.INPUTS, "i4").tolist()), _valueless(subgraph)
    return tuple(_read_tensor(table, number, buffers, number in inputs, number in valueless)
                 for number, table in enumerate(subgraph.tables(schema.SubGraph.TENSORS)))


def _valueless(subgraph: Table) -> set[int]:
    """Returns the tensors that only lend an operator their quantization: they have no values, and may have no shape."""
    operators = subgraph.tables(schema.SubGraph.OPERATORS)
    lent = {int(number) for operator in operators for number in operator.array(schema.Operator.INTERMEDIATES, "i4")}
    ends = [subgraph.array(schema.SubGraph.INPUTS, "i4"), subgraph.array(schema.SubGraph.OUTPUTS, "i4")]
    ends += [operator.array(field, "i4") for operator in operators for field in (schema.Operator.INPUTS, schema.Operator.OUTPUTS)]
    return lent - {int(number) for numbers in ends for number in numbers}


def _read_tensor(table: Table, number: int, buffers: tuple[Table, ...], is_input: bool, valueless: bool) -> Tensor:
    name = table.string(schema.Tensor.NAME) or f"tensor {number}"
    type_number = table.scalar(schema.Tensor.TYPE, "b", 0)
    type_name = TENSOR_TYPES[_bounded(type_number, len(TENSOR_TYPES), f"{name}: type")]
    shape = tuple(int(extent) for extent in table.array(schema.Tensor.SHAPE, "i4"))
    if not valueless:
        _check_shape(name, shape, table.array(schema.Tensor.SHAPE_SIGNATURE, "i4"), is_input)
    data = _constant_data(name, table, buffers)
    state = bool(table.scalar(schema.Tensor.IS_VARIABLE, "b", 0))
    if state and data is not None:
        raise CorruptError(f"{name}: a variable tensor has a value; got {len(data)} bytes, want none. {_EXPORT}")
    # Types without a place in the IR stand as None; _check_types refuses them where an operator uses them.
    dtype = next((known for known in DType if known.value == type_name.lower()), None)
    tensor = Tensor(name, shape, dtype, _read_quantization(name, table, shape), data, state)
    if dtype and data is not None and len(data) != tensor.size_bytes:
        raise CorruptError(f"{name}: constant does not fill its shape {list(shape)}; got {len(data)} bytes,"
                           f" want {tensor.size_bytes}. {_EXPORT}")
    return tensor


def _constant_data(name: str, table: Table, buffers: tuple[Table, ...]) -> bytes | None:
    if table.table(schema.Tensor.SPARSITY):
        raise UserError(f"{name}: sparse tensors are not supported; got one, want dense constants."
                        " Fix: export a model without sparsity")
    index = _bounded(table.scalar(schema.Tensor.BUFFER, "I", 0), len(buffers), f"{name}: buffer")
    if table.scalar(schema.Tensor.EXTERNAL_BUFFER, "I", 0) or buffers[index].scalar(schema.Buffer.OFFSET, "Q", 0):
        raise UserError(f"{name}: a constant outside of the flatbuffer is not supported; got one, want it in the model's buffers."
                        f" {_EXPORT} as one file below 2 GB")
    return buffers[index].array(schema.Buffer.DATA, "u1").tobytes() or None


def _check_shape(name: str, shape: tuple[int, ...], signature: np.ndarray, is_input: bool) -> None:
    # The converter marks the batch as dynamic (-1) and stores 1. An input may leave nothing but its batch open, and what is computed
    # from it nothing but axes of 1; whether those are right, the verifier finds when it infers the shapes from the inputs'.
    known = signature[1:] if is_input else [extent for extent, stored in zip(signature, shape) if stored != 1]
    if any(extent < 1 for extent in shape) or any(extent < 1 for extent in known):
        raise UserError(f"{name}: dynamic or empty shape; got {list(shape)} with signature {signature.tolist()}, want"
                        " fixed positive extents. Fix: give the Keras input a fixed shape")
    elements = 1
    for extent in shape:
        elements *= extent
    if elements * 4 > _MAX_TENSOR_BYTES:
        raise UserError(f"{name}: tensor is too large; got {elements} elements, want at most {_MAX_TENSOR_BYTES // 4}."
                        " Fix: use a smaller layer")


def _read_quantization(name: str, table: Table, shape: tuple[int, ...]) -> Quantization | None:
    parameters = table.table(schema.Tensor.QUANTIZATION)
    if parameters is None:
        return None
    scales = parameters.array(schema.QuantizationParameters.SCALE, "f4")
    zero_points = parameters.array(schema.QuantizationParameters.ZERO_POINT, "i8")
    axis = parameters.scalar(schema.QuantizationParameters.QUANTIZED_DIMENSION, "i", 0)
    if not len(scales):
        return None
    if parameters.scalar(schema.QuantizationParameters.DETAILS_TYPE, "B", 0):
        raise UserError(f"{name}: custom quantization is not supported; got details of it, want scales and zero points."
                        f" {_QUANTIZE}")
    if len(zero_points) != len(scales) or not np.all((scales > 0) & (scales < _MAX_SCALE)):
        raise CorruptError(f"{name}: bad quantization; got {len(scales)} scales from {scales.min():.3g} to {scales.max():.3g}"
                           f" and {len(zero_points)} zero points, want as many scales above 0 and below {_MAX_SCALE:.3g}."
                           f" {_EXPORT}")
    if len(scales) > 1 and not (0 <= axis < len(shape) and len(scales) == shape[axis]):
        raise CorruptError(f"{name}: per-channel scales do not fit shape {list(shape)}; got {len(scales)} on axis"
                           f" {axis}, want one per index of that axis. {_EXPORT}")
    return Quantization(tuple(float(scale) for scale in scales), tuple(int(zero) for zero in zero_points), axis)


def _check_types(node: Node) -> None:
    types = registry.operator_of(node).types
    for number in node.present_inputs() + node.outputs:
        tensor = node.tensors[number]
        if tensor.dtype not in types:
            found = tensor.dtype.value if tensor.dtype else "another type"
            raise UserError(f"{node.layer}: tensor {tensor.name} of {node.builtin} is not int8; got {found}, want"
                            f" {' or '.join(known.value for known in types)}. {_QUANTIZE}")
        if tensor.dtype in (DType.INT8, DType.INT16) and tensor.quantization is None:
            raise UserError(f"{node.layer}: tensor {tensor.name} of {node.builtin} has no quantization; got none, want"
                            f" scale and zero point. {_QUANTIZE}")


def _tensor_numbers(numbers: np.ndarray, tensors: tuple[Tensor, ...], what: str, first: int) -> tuple[int, ...]:
    for number in numbers:
        if not first <= number < len(tensors):
            raise CorruptError(f"model: {what} name a tensor that does not exist; got {number}, want {first} to"
                               f" {len(tensors) - 1}. {_EXPORT}")
    return tuple(int(number) for number in numbers)


def _bounded(index: int, count: int, what: str) -> int:
    if not 0 <= index < count:
        raise CorruptError(f"model: {what} out of range; got {index}, want 0 to {count - 1}. {_EXPORT}")
    return index
