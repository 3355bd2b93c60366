"""Labels by precedence, from the parameters that made the window."""

import numpy as np
import pytest

from model.data import labels
from model.data.power_quality import Windows


def _window(rms_pu, thd=0.0, transient=False, share=1.0, changes=False):
    """A window; `transient` may be its peak in pu."""
    peak = 1.0 if transient is True else float(transient)
    return Windows(np.zeros((1, 128, 2)), np.array([rms_pu]), np.array([share]), np.array([thd]), np.array([1.0]), np.array([peak]),
                   np.array([changes]))


@pytest.mark.parametrize("rms_pu, thd, transient, expected", [
    (0.05, 0.3, True, "interruption"),
    (0.5, 0.3, True, "sag"),
    (1.2, 0.3, True, "swell"),
    (1.0, 0.3, True, "transient"),
    (1.0, 0.3, False, "harmonics"),
    (1.0, 0.05, False, "normal"),
    (0.1, 0.0, False, "sag"),
    (0.9, 0.0, False, "normal"),
    (1.1, 0.0, False, "normal"),
    (1.0, 0.3, 0.5, "transient"),
    (1.0, 0.3, 0.49, "harmonics"),
])
def test_precedence(rms_pu, thd, transient, expected):
    assert labels.CLASSES[labels.label(_window(rms_pu, thd, transient))[0]] == expected


@pytest.mark.parametrize("rms_pu, thd, transient, uncertain", [
    (0.095, 0.0, False, True),
    (0.905, 0.0, True, True),
    (1.109, 0.0, False, True),
    (1.0, 0.075, False, True),
    (1.0, 0.085, False, True),
    (1.0, 0.085, True, False),  # a transient: the THD decides nothing
    (0.5, 0.08, False, False),
    (1.0, 0.095, False, False),
    (0.92, 0.0, False, False),
])
def test_windows_near_a_deciding_threshold_are_uncertain(rms_pu, thd, transient, uncertain):
    assert labels.is_uncertain(_window(rms_pu, thd, transient))[0] == uncertain


def test_weak_transients_ringing_and_flagged_windows_are_uncertain():
    assert labels.is_uncertain(_window(1.0, transient=0.3))[0] and not labels.is_uncertain(_window(1.0, transient=0.2))[0]
    assert not labels.is_uncertain(_window(0.5, transient=0.3))[0]
    assert labels.is_uncertain(_window(0.3, share=0.4))[0] and not labels.is_uncertain(_window(0.05, share=0.4))[0]
    assert labels.is_uncertain(_window(1.0, changes=True))[0] and not labels.is_uncertain(_window(0.5, changes=True))[0]
