"""Takes a finished int8 .tflite as it is.

Purpose: a network that was quantized elsewhere needs no calibration; here it is only read, by the compiler's reader, which
trusts no byte and names the tensor or layer that is not int8. Inputs: the path. Outputs: the file's bytes.
Errors: UserError naming the file. Non-goals: whether each layer has a kernel; the compiler says that.
"""

from pathlib import Path

from cmsis.compiler import reader, verifier
from tools.errors import UserError

SUFFIX = ".tflite"


def load(path: str | Path) -> bytes:
    """The bytes of the int8 model in the file `path`."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name}: can't be read; got {error.strerror}, want a .tflite file. Fix: check the path.") from error
    try:
        verifier.verify(reader.read(content, path.stem))
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from error
    return content
