"""Weights and factors in the order in which our kernels read them (edgeplug_kernels.h).

Purpose: what implementations of operators with weights share: whether the packed form is exact, and the packed words.
"""

import numpy as np

from cmsis.compiler.fixed_point import Multiplier
from cmsis.compiler.ir import INT8_MIN, Graph, Operator
from cmsis.compiler.operators import weights

_MAX_PACKED_SUM = 1 << 23
_SHIFTS = range(-22, 0)
GROUP = 4
QUAD = 4


def packs(graph: Graph, operator: Operator) -> bool:
    """Whether lanes of two weights hold them, and sums of the second ones fit 24 bits for every input.

    Raises UserError as weights.check_accumulators: no kernel is exact then.
    """
    weights.check_accumulators(graph, operator, channel_axis=0)
    ranges = weights.sum_ranges(graph, operator)
    return bool(weights.filter_matrix(graph, operator).min() > INT8_MIN and min(low for low, _ in ranges) >= -_MAX_PACKED_SUM
                and max(high for _, high in ranges) < _MAX_PACKED_SUM)


def suit_shifts(multipliers: tuple[Multiplier, ...]) -> bool:
    """Whether a kernel may add the output's zero point before it shifts right by one bit or more (ROUNDING.md)."""
    return all(multiplier.value > 0 and multiplier.shift in _SHIFTS for multiplier in multipliers)


def in_alternate_order(matrix: np.ndarray) -> np.ndarray:
    """Returns [filters, values] by fours in the order 0, 2, 1, 3, filled up with zeros: where only every second value of the input is
    read, a word of it holds two that lie side by side.
    """
    fours = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % GROUP))).reshape(len(matrix), -1, GROUP)
    return fours[..., [0, 2, 1, 3]].reshape(len(matrix), -1)


def factor_words(multipliers: tuple[Multiplier, ...]) -> tuple[int, ...]:
    """Returns value and shift of each, as edgeplug_kernels.h defines them, an even number of times."""
    even = multipliers if len(multipliers) % 2 == 0 else (*multipliers, multipliers[-1])
    return tuple(word for multiplier in even for word in (multiplier.value, -1 - multiplier.shift))


def quad_words(matrix: np.ndarray, bias: np.ndarray, trailers: np.ndarray | None = None) -> tuple[int, ...]:
    """Returns biases [N] and weights [N, depth] by fours of filters and of values, as uint32; behind each four their rows of
    `trailers`.
    """
    filters, depth = matrix.shape
    missing = -filters % QUAD
    padded = np.pad(matrix, ((0, missing), (0, -depth % GROUP)))
    biases = np.pad(bias, (0, missing)).reshape(-1, 2, 2)
    # [quad, pair, of the pair, group, half of the group, odd] -> lanes by quad, group, odd, pair, half.
    parts = padded.reshape(-1, 2, 2, padded.shape[1] // GROUP, 2, 2).transpose(2, 0, 3, 5, 1, 4)
    lanes = (parts[0] + 256 * parts[1]).astype("<i2")
    words = lanes.reshape(len(lanes), -1).view("<u4").astype(np.int64)
    starts = np.stack((biases[..., 0], biases[..., 0] + 256 * biases[..., 1]), axis=-1).reshape(len(words), -1)
    ends = np.zeros((filters, 0), np.int64) if trailers is None else trailers
    ends = np.pad(ends, ((0, missing), (0, 0))).reshape(len(words), -1)
    return tuple(int(word) & 0xFFFFFFFF for word in np.concatenate((starts, words, ends), axis=1).flatten())
