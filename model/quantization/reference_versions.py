"""Models for TFLite's reference kernels, which know less versions than its converter writes.

The kernels are the same, whatever the number: int8 runs under version 2 of these operators as under the converter's 3.
"""

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema

_KNOWN = {schema.BuiltinOperator.TILE: 2, schema.BuiltinOperator.REVERSE_V2: 2}


def for_reference_kernels(content: bytes) -> bytes:
    """The .tflite with versions that the reference kernels know; unchanged where nothing is to be done."""
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
    except Exception:  # whatever a corrupt file does to the generated reader; TFLite shall refuse it
        return content
    beyond = [code for code in model.operatorCodes or [] if code.version > _KNOWN.get(code.builtinCode, code.version)]
    if not beyond:
        return content
    for code in beyond:
        code.version = _KNOWN[code.builtinCode]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
