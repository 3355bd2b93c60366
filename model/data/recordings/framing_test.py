"""Framed recordings have the model's samples per cycle, whatever their rate and frequency, in per unit."""

import numpy as np
import pytest

from model.data.recordings.framing import frame
from model.data.recordings.recording import Phase, Recording
from tools.errors import UserError


def _recording(hz, rate=1600.0, nominal=50.0, seconds=1.0, level=lambda t: np.ones_like(t), volts=230.0):
    t = np.arange(int(seconds * rate)) / rate
    phases = tuple(Phase(f"u{index}", level(t) * volts * np.sqrt(2) * np.sin(2 * np.pi * (hz * t - index / 3)), None) for index in range(3))
    return Recording("record", rate, nominal, phases, "")


@pytest.mark.parametrize("hz, nominal", [(50.0, 50.0), (49.2, 50.0), (51.5, 50.0), (60.0, 60.0), (58.9, 60.0)])
@pytest.mark.parametrize("rate", [800.0, 1600.0, 6400.0, 30707.0])
def test_cycles_have_128_samples_of_any_rate_and_frequency(hz, nominal, rate):
    framed = frame(_recording(hz, rate, nominal), 128)
    inside = framed.voltage_pu[0][256:-256]
    cycles = (len(inside) // 128) * 128
    spectrum = np.abs(np.fft.rfft(inside[:cycles])) / cycles * 2 / np.sqrt(2)
    assert spectrum[cycles // 128] == pytest.approx(1.0, abs=0.02)
    rest = np.sqrt(np.sum(spectrum ** 2) - np.sum(spectrum[cycles // 128 - 1:cycles // 128 + 2] ** 2))
    assert rest < 0.03
    assert np.allclose(framed.reference_v, 230, rtol=0.01)
    assert abs(framed.positions[128] - framed.positions[0] - rate / hz) < 0.02 * rate / hz


def test_a_dead_line_keeps_the_frequency_that_it_had():
    level = lambda t: np.where(t < 0.5, 1.0, 1e-3)  # noqa: E731
    framed = frame(_recording(50.0, 6400.0, level=level), 128)
    assert framed.voltage_pu.shape == (3, pytest.approx(6400, abs=40))
    assert np.abs(framed.voltage_pu[:, 3400:]).max() < 0.01


def test_the_reference_is_the_voltage_before_an_early_event():
    framed = frame(_recording(50.0, level=lambda t: np.where(t < 0.08, 1.0, 0.4)), 128)
    assert np.allclose(framed.reference_v, 230, rtol=0.02)


def test_declared_and_sliding_references():
    slow = lambda t: 1 + 0.05 * (t > 5)  # noqa: E731
    recording = _recording(50.0, seconds=60.0, level=slow)
    assert frame(recording, 128, declared_v=115.0).voltage_pu.max() == pytest.approx(2 * 1.05 * np.sqrt(2), rel=0.01)
    fixed, sliding = (np.abs(frame(recording, 128, sliding=one).voltage_pu[0, -128:]).max() / np.sqrt(2) for one in (False, True))
    assert fixed == pytest.approx(1.05, abs=0.005) and 1.01 < sliding < 1.035
    with pytest.raises(UserError, match="record: a phase is dead in its first six cycles; got 0 V"):
        frame(_recording(50.0, level=np.zeros_like), 128)


def test_windows_hop_through_a_phase():
    framed = frame(_recording(50.0), 128)
    windows = framed.windows(1, 16)
    assert windows.shape == ((framed.voltage_pu.shape[1] - 128) // 16 + 1, 128, 2)
    assert np.array_equal(windows[3][:, 0], framed.voltage_pu[1, 48:176]) and not windows[..., 1].any()
