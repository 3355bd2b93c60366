"""AVERAGE_POOL_2D: Keras' AveragePooling1D and AveragePooling2D."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.operators.pool import Pool
from cmsis.compiler.operators.window import windows


@dataclass(frozen=True)
class AveragePool2D(Pool):
    """Mean over the part of each window inside the image, halves away from zero."""

    builtin: ClassVar[str] = "AVERAGE_POOL_2D"
    kernel: ClassVar[str] = "arm_avgpool_s8"

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_avgpool_s8_get_buffer_size(): a 32-bit sum per channel."""
        return 4 * graph.input_of(self, 0).shape[3]

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        total = windows(values[0], self.window, 0).sum(axis=(2, 3))
        count = windows(np.ones_like(values[0]), self.window, 0).sum(axis=(2, 3))
        mean = np.sign(total) * ((np.abs(total) + count // 2) // count)
        return np.clip(mean, self.clamp.low, self.clamp.high).astype(np.int8)[None]
