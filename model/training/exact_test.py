"""The exact dot: correct, independent of the order of its terms, differentiable by itself."""

from fractions import Fraction

from model.training import exact  # before jax: it pins XLA

import jax
import jax.numpy as jnp
import numpy as np
import pytest

SEED = 5


def _normal(*shape, seed=SEED):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("terms", [1, 2, 31, 32, 8192, 8193, 2 ** 24])
def test_sums_stay_below_two_to_the_53(terms):
    bits = exact.operand_bits(terms)
    assert terms * 2 ** (2 * bits) <= 2 ** 53 or bits == 24 and terms * 2 ** 48 <= 2 ** 53


def test_too_long_sums_are_refused():
    with pytest.raises(ValueError, match="exact.dot: sum too long; got 67108864 terms, want at most 33554432"):
        exact.operand_bits(2 ** 26)


def test_dot_is_the_rounded_rational_result():
    a, b = _normal(3, 50), _normal(50, 2)
    found = np.asarray(exact.dot(a, b))
    bits = exact.operand_bits(50)
    for row, column in np.ndindex(found.shape):
        scaled = []
        for operand, values in ((a, a[row]), (b, b[:, column])):
            scale = Fraction(2) ** (bits - np.frexp(np.abs(operand).max())[1].item())
            scaled.append([Fraction(round(Fraction(float(value)) * scale)) / scale for value in values])
        assert found[row, column] == np.float32(float(sum(p * q for p, q in zip(*scaled))))


def test_order_of_terms_changes_no_bit_where_float32_would():
    a, b = _normal(64, 4096), _normal(4096, 8)
    order = np.random.default_rng(SEED).permutation(4096)
    assert np.array_equal(exact.dot(a, b), exact.dot(a[:, order], b[order]))
    plain = np.cumsum(a[0] * b[:, 0], dtype=np.float32)[-1], np.cumsum((a[0] * b[:, 0])[order], dtype=np.float32)[-1]
    assert plain[0] != plain[1]


def test_zeros_and_extremes():
    assert not np.any(exact.dot(np.zeros((2, 3), np.float32), _normal(3, 2)))
    large = np.full((1, 2), 1e30, np.float32)
    assert np.asarray(exact.dot(large, np.eye(2, dtype=np.float32)))[0, 0] == pytest.approx(1e30, rel=1e-6)


@pytest.mark.parametrize("length, taps, stride", [(32, 8, 8), (32, 7, 4), (31, 3, 2), (16, 5, 1), (10, 4, 4), (9, 1, 3)])
def test_conv1d_and_its_gradients_are_those_of_xla(length, taps, stride):
    x, kernel, bias = _normal(4, length, 3), _normal(taps, 3, 5, seed=1), _normal(5, seed=2)

    def reference(x, kernel, bias):
        return jax.lax.conv_general_dilated(x, kernel, (stride,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")) + bias

    def total(function):
        return lambda *operands: jnp.sum(jnp.sin(function(*operands)))

    ours = lambda *operands: exact.conv1d(*operands, stride=stride)  # noqa: E731
    assert np.allclose(ours(x, kernel, bias), reference(x, kernel, bias), atol=2e-5)
    gradients = [jax.grad(total(function), argnums=(0, 1, 2))(x, kernel, bias) for function in (ours, reference)]
    for found, wanted in zip(*gradients):
        assert np.allclose(found, wanted, atol=2e-4)
