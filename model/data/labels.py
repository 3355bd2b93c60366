"""Labels of synthetic windows from the parameters they were made with.

Purpose: the precedence of IEEE 1159-2019 and IEC 61000-4-30:2015 by the RMS of the window: interruption (below 0.1 pu), sag
(0.1 to 0.9), swell (above 1.1); then transient (one was added), harmonics (THD above 8 %, EN 50160), normal.
A window whose label hangs on less than the measuring uncertainty of the voltage (1 % of the declared one) is left out.
Why parameters and no measurement: a DFT over a window with an onset in it would call a plain sag harmonic.
"""

import numpy as np

from model.data.power_quality import Windows

CLASSES = ("interruption", "sag", "swell", "transient", "harmonics", "normal")
INTERRUPTION_BELOW_PU, SAG_BELOW_PU, SWELL_ABOVE_PU = 0.1, 0.9, 1.1
HARMONICS_ABOVE_THD = 0.08
UNCERTAINTY_PU = 0.01


def label(windows: Windows) -> np.ndarray:
    """Class index (into CLASSES) of each window, int32 [N]."""
    conditions = [
        windows.rms_pu < INTERRUPTION_BELOW_PU,
        windows.rms_pu < SAG_BELOW_PU,
        windows.rms_pu > SWELL_ABOVE_PU,
        windows.transient,
        windows.thd > HARMONICS_ABOVE_THD,
    ]
    return np.select(conditions, range(len(conditions)), len(conditions)).astype(np.int32)


def is_uncertain(windows: Windows) -> np.ndarray:
    """Whether a threshold that decides the label is nearer than the uncertainty, bool [N].

    The THD decides only in windows of normal RMS without transient; its distance is in pu of harmonic voltage."""
    thresholds = np.array([INTERRUPTION_BELOW_PU, SAG_BELOW_PU, SWELL_ABOVE_PU])
    near_rms = np.any(np.abs(windows.rms_pu[:, None] - thresholds) < UNCERTAINTY_PU, axis=1)
    near_thd = np.abs(windows.thd - HARMONICS_ABOVE_THD) * windows.amplitude_pu < UNCERTAINTY_PU
    return near_rms | (near_thd & (label(windows) >= CLASSES.index("harmonics")))
