"""FGSM and PGD: the smallest-effort and the standard strong attack within an L-infinity ball.

FGSM: Goodfellow, Shlens, Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015, equation in section 3.
PGD: Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR 2018, section 2.1, from a
random start, with their step of 2.5 epsilon / steps.
Inputs: a gradient of the loss; windows in pu. Outputs: attacked windows in pu, inside the ball and the physical range.
Non-goals: the loss (gates/adversarial/float_networks.py) and who is fooled (measure.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Gradient of the loss with respect to the windows: (x float32 [N, ...], labels int [N]) -> float32 [N, ...].
LossGradient = Callable[[np.ndarray, np.ndarray], np.ndarray]

_START_SEED = 2018


@dataclass(frozen=True)
class Ball:
    """Where an attack may go: within `epsilon_pu` of the window, and within what the front end can deliver.

    Attributes:
        epsilon_pu: the largest change of a sample.
        low_pu, high_pu: the physical range; outside it the analogue-to-digital converter saturates.
    """

    epsilon_pu: float
    low_pu: float
    high_pu: float

    def project(self, attacked: np.ndarray, windows: np.ndarray) -> np.ndarray:
        """`attacked`, clipped into the ball around `windows`; float32."""
        epsilon = np.float32(self.epsilon_pu)
        inside = np.clip(attacked, windows - epsilon, windows + epsilon)
        # A window that is out of range itself stays as it is; the attack may not take it further out.
        return np.clip(inside, np.minimum(windows, self.low_pu), np.maximum(windows, self.high_pu)).astype(np.float32)


def fgsm(gradient: LossGradient, windows: np.ndarray, labels: np.ndarray, ball: Ball) -> np.ndarray:
    """One step of the whole radius along the sign of the loss gradient; float32 like `windows`."""
    return ball.project(windows + np.float32(ball.epsilon_pu) * np.sign(gradient(windows, labels)), windows)


def pgd(gradient: LossGradient, windows: np.ndarray, labels: np.ndarray, ball: Ball, steps: int) -> np.ndarray:
    """`steps` projected steps along the sign of the loss gradient, from a seeded random start; float32 like `windows`."""
    start = np.random.default_rng(_START_SEED).uniform(-1, 1, windows.shape).astype(np.float32)
    step = np.float32(2.5 * ball.epsilon_pu / steps)
    attacked = ball.project(windows + np.float32(ball.epsilon_pu) * start, windows)
    for _ in range(steps):
        attacked = ball.project(attacked + step * np.sign(gradient(attacked, labels)), windows)
    return attacked
