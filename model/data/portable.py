"""Elementary functions with the same bits on every CPU.

Purpose: NumPy's sin and exp dispatch to SIMD code or libm by CPU and differ in the last bit (measured, see
REPRODUCIBILITY in the design notes); additions, multiplications, rounding, square root and ldexp are exact by IEEE 754.
These functions use nothing else. NumPy evaluates one operation per pass, so that no compiler can fuse two of them.
Inputs and outputs: float64 arrays. Error bounds are tested against math.sin and math.exp2.
"""

import math

import numpy as np

# Taylor coefficients of sin(2 pi t), odd powers to t^21: on |t| <= 1/4 the remainder is below 1e-17.
_SIN = [(-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(11)]
# Taylor coefficients of 2^t to t^15: on |t| <= 1/2 the remainder is below 1e-18.
_EXP2 = [math.log(2) ** k / math.factorial(k) for k in range(16)]


def sin_turns(turns: np.ndarray) -> np.ndarray:
    """sin(2 pi t) for t in turns, |t| < 2^40; absolute error below 1e-15."""
    t = turns - np.rint(turns)
    t = np.where(np.abs(t) > 0.25, np.copysign(0.5, t) - t, t)
    return t * _polynomial(_SIN, t * t)


def cos_turns(turns: np.ndarray) -> np.ndarray:
    """cos(2 pi t) for t in turns; absolute error below 1e-15 plus that of the sum t + 1/4."""
    return sin_turns(turns + 0.25)


def exp2(exponent: np.ndarray) -> np.ndarray:
    """2^x for |x| < 1000; relative error below 1e-15."""
    whole = np.rint(exponent)
    return np.ldexp(_polynomial(_EXP2, exponent - whole), whole.astype(np.int32))


def exp(exponent: np.ndarray) -> np.ndarray:
    """e^x for |x| < 700; relative error below 1e-15 * max(1, |x|)."""
    return exp2(exponent * (1 / math.log(2)))


def decibel_to_ratio(decibel: np.ndarray) -> np.ndarray:
    """Amplitude ratio 10^(dB / 20)."""
    return exp2(decibel * (math.log2(10) / 20))


def rms(samples: np.ndarray) -> np.ndarray:
    """Root mean square over the last axis."""
    return np.sqrt(np.sum(samples * samples, axis=-1) / samples.shape[-1])


def _polynomial(coefficients: list[float], x: np.ndarray) -> np.ndarray:
    """Horner's scheme, lowest coefficient first."""
    value = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value
