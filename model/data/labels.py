"""Labels of synthetic windows from the parameters they were made with.

Purpose: the precedence of IEEE 1159-2019 and IEC 61000-4-30:2015 by the RMS of the window: interruption (below 0.1 pu), sag
(0.1 to 0.9), swell (above 1.1); then transient (one of 0.5 pu or more was added), harmonics (THD above 8 %, EN 50160), normal.
Left out is a window whose label hangs on less than the measuring uncertainty: 1 % of the declared voltage near an RMS threshold or of
THD, a transient between half of its threshold and the threshold; and a ringing one: RMS of a sag, but the fundamental has less than
half of its square. A window of normal RMS in which an event begins, ends or evolves is flagged, as IEC 61000-4-30 (4.7) flags all other
parameters during events, and left out, too.
Why parameters and no measurement: a DFT over a window with an onset in it would call a plain sag harmonic.
"""

import numpy as np

from model.data.power_quality import Windows

CLASSES = ("interruption", "sag", "swell", "transient", "harmonics", "normal")
INTERRUPTION_BELOW_PU, SAG_BELOW_PU, SWELL_ABOVE_PU = 0.1, 0.9, 1.1
TRANSIENT_FROM_PU = 0.5
HARMONICS_ABOVE_THD = 0.08
UNCERTAINTY_PU = 0.01
RINGING_BELOW_SHARE = 0.5


def label(windows: Windows) -> np.ndarray:
    """Class index (into CLASSES) of each window, int32 [N]."""
    conditions = [
        windows.rms_pu < INTERRUPTION_BELOW_PU,
        windows.rms_pu < SAG_BELOW_PU,
        windows.rms_pu > SWELL_ABOVE_PU,
        windows.transient_peak_pu >= TRANSIENT_FROM_PU,
        windows.thd > HARMONICS_ABOVE_THD,
    ]
    return np.select(conditions, range(len(conditions)), len(conditions)).astype(np.int32)


def is_uncertain(windows: Windows) -> np.ndarray:
    """Whether a threshold that decides the label is nearer than the uncertainty, or the window rings, bool [N].

    Transients and THD decide only in windows of normal RMS; the distance of the THD is in pu of harmonic voltage."""
    found = label(windows)
    thresholds = np.array([INTERRUPTION_BELOW_PU, SAG_BELOW_PU, SWELL_ABOVE_PU])
    near_rms = np.any(np.abs(windows.rms_pu[:, None] - thresholds) < UNCERTAINTY_PU, axis=1)
    weak = (windows.transient_peak_pu >= 0.5 * TRANSIENT_FROM_PU) & (windows.transient_peak_pu < TRANSIENT_FROM_PU)
    near_thd = np.abs(windows.thd - HARMONICS_ABOVE_THD) * windows.amplitude_pu < UNCERTAINTY_PU
    shaped = found >= CLASSES.index("harmonics")
    rings = (found == CLASSES.index("sag")) & (windows.fundamental_share < RINGING_BELOW_SHARE)
    flagged = (found >= CLASSES.index("transient")) & windows.event_changes
    return near_rms | (shaped & (weak | near_thd)) | rings | flagged
