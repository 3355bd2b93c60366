"""What the gate must find: a plain product of matrices, whose order of summation OpenBLAS chooses by the CPU."""

import sys

import numpy as np

_SIZE = 200

if __name__ == "__main__":
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal((_SIZE, _SIZE)).astype(np.float32) for _ in range(2))
    with open(sys.argv[1].removeprefix("--output="), "wb") as file:
        np.save(file, a @ b)
