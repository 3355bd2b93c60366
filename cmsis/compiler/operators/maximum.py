"""MAXIMUM and MINIMUM of two int8 tensors of one quantization."""

from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Constant
from cmsis.compiler.operators.binary import Binary, Scales
from tools.errors import UserError

_CALL = Template("""$kernel(&(cmsis_nn_context){NULL, 0}, $first, &(cmsis_nn_dims){1, 1, 1, $count},
        $second, &(cmsis_nn_dims){1, 1, 1, $count}, $output, &(cmsis_nn_dims){1, 1, 1, $count})""")


@dataclass(frozen=True)
class Maximum(Binary):
    """MAXIMUM."""

    builtin: ClassVar[str] = "MAXIMUM"
    kernel: ClassVar[str] = "arm_maximum_s8"

    def check(self, scales: Scales) -> None:
        """Raises UserError unless all three quantizations are one: TFLite compares without rescaling."""
        found = [(one.scale, one.zero_point) for one in (scales.first, scales.second, scales.target)]
        if len(set(found)) > 1:
            raise UserError(f"{self.layer}: {self.builtin} can't rescale; got scales and zero points {found}, want the same"
                            " for operands and output. Fix: export the .tflite again")

    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs."""
        return np.maximum(x, y)

    def row_call(self, scales: Scales, prefix: str) -> tuple[tuple[Constant, ...], Template]:
        """Returns the kernel's call; it needs no constants."""
        return (), Template(_CALL.safe_substitute(kernel=self.kernel))


@dataclass(frozen=True)
class Minimum(Maximum):
    """MINIMUM."""

    builtin: ClassVar[str] = "MINIMUM"
    kernel: ClassVar[str] = "arm_minimum_s8"

    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs."""
        return np.minimum(x, y)
