"""MAX_POOL_2D: Keras' MaxPooling1D and MaxPooling2D."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import INT8_MIN, Graph
from cmsis.compiler.operators.pool import Pool
from cmsis.compiler.operators.window import windows


@dataclass(frozen=True)
class MaxPool2D(Pool):
    """Largest value of each window; padding never wins."""

    builtin: ClassVar[str] = "MAX_POOL_2D"
    kernel: ClassVar[str] = "arm_max_pool_s8"

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        largest = windows(values[0], self.window, INT8_MIN).max(axis=(2, 3))
        return np.clip(largest, self.clamp.low, self.clamp.high).astype(np.int8)[None]
