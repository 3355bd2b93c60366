"""The RMS rule: thresholds with hysteresis, events that merge as the standard says, and systems of phases."""

import numpy as np
import pytest

from model.data.recordings import rms_rule
from model.data.recordings.rms_rule import INTERRUPTION, NORMAL, SAG, SWELL, Event


def _events(rms):
    rms = np.array(rms)
    return rms_rule.events(rms_rule.states(rms), rms)


def test_one_cycle_rms_is_that_of_each_window():
    values = np.random.default_rng(1).normal(size=300)
    found = rms_rule.one_cycle_rms(values, 64, 3)
    assert np.allclose(found, [np.sqrt(np.mean(values[start:start + 64] ** 2)) for start in range(0, 300 - 64 + 1, 3)])


@pytest.mark.parametrize("rms, wanted", [
    ([1.0, 0.91, 0.9, 1.0], [NORMAL] * 4),
    ([1.0, 0.89, 0.91, 0.919, 0.921], [NORMAL, SAG, SAG, SAG, NORMAL]),
    ([1.0, 1.11, 1.09, 1.079], [NORMAL, SWELL, SWELL, NORMAL]),
    ([0.5, 0.09, 0.11, 0.13, 0.95], [SAG, INTERRUPTION, INTERRUPTION, SAG, NORMAL]),
    ([0.8, 1.2, 0.8], [SAG, SWELL, SAG]),
])
def test_states_have_a_hysteresis(rms, wanted):
    assert rms_rule.states(np.array(rms)).tolist() == wanted


def test_events_have_ends_and_a_residual():
    assert _events([1, 0.8, 0.6, 0.95, 1.2, 1.3, 1.0]) == (Event(SAG, 1, 3, 0.6), Event(SWELL, 4, 6, 1.3))
    assert _events([1, 1, 0.5]) == (Event(SAG, 2, 3, 0.5),)
    assert not _events([1.0] * 9)


def test_a_sag_around_an_interruption_is_one_interruption():
    assert _events([1, 0.7, 0.05, 0.02, 0.5, 1]) == (Event(INTERRUPTION, 1, 5, 0.02),)


def test_a_system_s_event_lasts_from_the_first_phase_to_the_last():
    rms = np.array([[1, 0.8, 0.7, 1.0, 1.0, 1], [1, 1.0, 0.6, 0.5, 1.0, 1], [1, 1.0, 1.2, 1.2, 1.0, 1]])
    assert rms_rule.polyphase(rms) == (Event(SAG, 1, 4, 0.5), Event(SWELL, 2, 4, 1.2))
    dead = np.array([[1, 0.05, 0.02, 1], [1, 0.5, 0.03, 1]])
    assert rms_rule.polyphase(dead) == (Event(INTERRUPTION, 1, 3, 0.02),)
    assert rms_rule.polyphase(np.array([[1, 0.05, 1], [1, 0.5, 1]])) == (Event(SAG, 1, 2, 0.05),)
