"""The search finds inputs that are slower than those it starts with, the same ones every time."""

import numpy as np

from gates.timing.search import CLIMBING_STEPS, Timed, search

SHAPE = (32, 2)


def _known(*windows: np.ndarray) -> list[Timed]:
    return [Timed(window, 0, f"pilot window {number}") for number, window in enumerate(windows)]


def test_an_input_of_a_known_shape_is_found():
    """Slow is what alternates: the square wave of period 2."""
    found, tried = search(lambda window: int(np.abs(np.diff(window[:, 0].astype(int))).sum()), _known(np.zeros(SHAPE, np.int8)))
    assert found[0].origin.startswith("square wave of period 2")
    assert tried == CLIMBING_STEPS + 21


def test_climbing_gets_beyond_what_is_known():
    """Slow are windows with saturated values in their third quarter only, which no known shape has."""
    def cycles_of(window):
        saturated = (window == 127).sum(axis=1)
        return int(2 * saturated[16:24].sum() - saturated.sum())

    found, _ = search(cycles_of, _known(np.zeros(SHAPE, np.int8)))
    assert found[0].origin.endswith(", changed")
    assert found[0].cycles == cycles_of(found[0].window) >= 8
    assert [timed.cycles for timed in found] == sorted((timed.cycles for timed in found), reverse=True)


def test_a_pilot_window_that_nothing_beats_stays_the_slowest():
    slow = Timed(np.zeros(SHAPE, np.int8), 1000, "pilot window 7")
    found, _ = search(lambda window: 999, [*_known(np.ones(SHAPE, np.int8)), slow])
    assert found[0] is slow


def test_two_searches_try_the_same_inputs():
    def tried() -> list[bytes]:
        inputs = []

        def cycles_of(window):
            inputs.append(window.tobytes())
            return int(window.astype(int).sum())

        search(cycles_of, _known(np.zeros(SHAPE, np.int8)))
        return inputs

    assert tried() == tried() and len(set(tried())) > CLIMBING_STEPS // 2
