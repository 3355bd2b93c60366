"""The streaming detector of the image finds exactly what its NumPy reference does, and that is what the standard's half-cycle RMS says."""

import dataclasses

import numpy as np
import pytest

from firmware import detector_reference
from firmware.client import Client, ServiceError
from firmware.detector_reference import CYCLE, SYSTEM
from firmware.protocol import HOP, RESIDUALS_PER_PU, ErrorCode, Event
from firmware.windows import CODES_PER_PU, to_codes
from gates import image as gated
from gates.field import mains
from gates.precision.reference import Reference
from model.data.labels import SAG_BELOW_PU, SWELL_ABOVE_PU

NETWORK = "model/voltage_event/voltage_event"
HOP_US_MAX = HOP / mains.SAMPLES_PER_S * 1e6  # or it could not keep up with the mains


def _image(timing: str | None = None) -> gated.BootedImage:
    plan = gated.read_plan(f"{NETWORK}_c_source/voltage_event.plan.json")
    elf, image = (gated.read_image(f"{NETWORK}_program.{kind}") for kind in ("elf", "bin"))
    return gated.BootedImage(image, plan, "stm32l476", elf=elf, timing=timing)


@pytest.fixture(name="client", scope="module")
def client_fixture() -> Client:
    return _image().client


def _classes(codes: np.ndarray) -> np.ndarray:
    """What TFLite says to the window that ends with each hop, [3, hops]; before the first whole cycle nothing."""
    plan, reference = gated.read_plan(f"{NETWORK}_c_source/voltage_event.plan.json"), Reference(f"{NETWORK}_int8.tflite")
    factor = int(65536 / CODES_PER_PU / plan.input_scale + 0.5)
    voltage = np.clip((codes.astype(np.int64) * factor + 32768 >> 16) + plan.input_zero_point, -128, 127).astype(np.int8)
    found = np.full((len(codes), codes.shape[1] // HOP), "none", dtype=object)
    for phase, row in enumerate(voltage):
        cut = np.lib.stride_tricks.sliding_window_view(row, CYCLE)[::HOP]
        windows = np.stack([cut, np.full_like(cut, plan.input_zero_point)], axis=-1)
        found[phase, CYCLE // HOP - 1:] = np.array(plan.classes)[np.argmax(reference.scores(windows), axis=1)]
    return found


def _as_set(events: tuple[Event, ...]) -> set[detector_reference.Event]:
    return {detector_reference.Event(event.channel, event.kind, event.start, event.end, round(event.residual_pu * RESIDUALS_PER_PU))
            for event in events}


def _evolving() -> np.ndarray:
    """A sag on one phase that draws in the others and ends in an interruption of all; then a swell until the end."""
    voltage_pu = mains.normal(2.0, np.random.default_rng(5))
    t = np.arange(voltage_pu.shape[1]) / CYCLE
    for phase in range(3):
        voltage_pu[phase] *= np.select([t < 15 + 2 * phase, t < 30, t < 50 - 3 * phase, t < 80], [1.0, 0.6 - 0.1 * phase, 0.02, 1.0], 1.3)
    return voltage_pu


@pytest.mark.parametrize("kind", mains.KINDS)
def test_the_image_finds_what_the_reference_does(client: Client, kind: str) -> None:
    codes = to_codes(mains.with_event(kind, np.random.default_rng(mains.KINDS.index(kind)))[0])
    found = _as_set(client.detect(codes).events)
    assert found == detector_reference.detect(codes, _classes(codes))
    assert [event.kind for event in found if event.channel == 0] == [kind]
    assert {event.channel for event in found} == ({0, SYSTEM} if kind in ("sag", "swell") else {0} | ({SYSTEM} if kind == "interruption" else set()))


def test_polyphase_events_last_from_the_first_phase_to_the_last(client: Client) -> None:
    codes = to_codes(_evolving())
    found = _as_set(client.detect(codes).events)
    assert found == detector_reference.detect(codes, _classes(codes))
    phases = [next(event for event in found if event.channel == phase and event.kind == "interruption") for phase in range(3)]
    system = next(event for event in found if event.channel == SYSTEM and event.kind == "interruption")
    assert (system.start, system.end) == (min(event.start for event in phases), max(event.end for event in phases))
    lasting = [event for event in found if event.end is None]
    assert {(event.channel, event.kind) for event in lasting} == {(0, "swell"), (1, "swell"), (2, "swell"), (SYSTEM, "swell")}


@pytest.mark.parametrize("amplitude", [0, 40, 600, 2048, 32768])
def test_noise_of_any_size_gives_the_same_as_the_reference(client: Client, amplitude: int) -> None:
    seed = np.random.SeedSequence().entropy
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    codes = rng.integers(-amplitude, max(amplitude, 1), size=(3, 60 * HOP)).astype(np.int16)
    saturated = np.clip(codes, -2048, 2047)
    assert _as_set(client.detect(codes).events) == detector_reference.detect(saturated, _classes(saturated))


@pytest.mark.parametrize("cycles_later", [0, 1])
@pytest.mark.parametrize("kind", mains.KINDS)
def test_events_do_not_see_the_clock_wrap(kind: str, cycles_later: int) -> None:
    """It does so after a week; here it is set forward to wrap in the cycle in which the event begins, or in the next one."""
    voltage_pu, onset = mains.with_event(kind, np.random.default_rng(mains.KINDS.index(kind)))
    codes, booted, quiet = to_codes(voltage_pu), _image(), 16 * CYCLE
    wrap = (onset // CYCLE + cycles_later) * CYCLE
    clock = booted.machine.symbols["self"]
    found, lasting = [], ()
    booted.client.stream_begin()
    for start in range(0, codes.shape[1], HOP):
        if start == quiet:
            assert booted.machine.read(clock, 4) == start.to_bytes(4, "little")
            booted.machine.write(clock, (2 ** 32 + start - wrap).to_bytes(4, "little"))
        hop = booted.client.stream(np.ascontiguousarray(codes[:, start:start + HOP].T))
        found += [event for event in hop.events if event.end is not None]
        lasting = tuple(event for event in hop.events if event.end is None)
    unwrapped = lambda clock: clock if clock is None else (clock + wrap) % 2 ** 32  # noqa: E731
    events = tuple(dataclasses.replace(event, start=unwrapped(event.start), end=unwrapped(event.end)) for event in (*found, *lasting))
    assert _as_set(events) == detector_reference.detect(codes, _classes(codes))


def _half_cycle_events(values_pu: np.ndarray) -> list[tuple[str, int, int, float]]:
    """Sags and swells by Urms(1/2) of IEC 61000-4-30:2015, 3.25: the RMS of one cycle, refreshed each half cycle."""
    ends = np.arange(CYCLE, len(values_pu) + 1, CYCLE // 2)
    rms = np.array([np.sqrt(np.mean(values_pu[end - CYCLE:end] ** 2)) for end in ends])
    found = []
    for kind, outside, back in (("sag", rms < SAG_BELOW_PU, rms >= SAG_BELOW_PU + 0.02), ("swell", rms > SWELL_ABOVE_PU, rms <= SWELL_ABOVE_PU - 0.02)):
        if outside.any():
            start = int(np.argmax(outside))
            stop = start + int(np.argmax(back[start:]))
            found.append((kind, int(ends[start]), int(ends[stop]), float((np.min if kind == "sag" else np.max)(rms[start:stop]))))
    return found


@pytest.mark.parametrize("kind", ["sag", "swell"])
def test_start_end_and_residual_are_those_of_the_half_cycle_rms(client: Client, kind: str) -> None:
    for seed in range(20):
        voltage_pu, _ = mains.with_event(kind, np.random.default_rng([7, seed]))
        (wanted,) = _half_cycle_events(voltage_pu[0])
        (event,) = [event for event in client.detect(to_codes(voltage_pu)).events if event.channel == 0]
        assert event.kind == wanted[0]
        assert abs(event.start - wanted[1]) <= CYCLE // 2 and abs(event.end - wanted[2]) <= CYCLE // 2
        assert abs(event.residual_pu - wanted[3]) <= 0.02


def test_normal_mains_raise_nothing(client: Client) -> None:
    assert client.detect(to_codes(mains.normal(20.0, np.random.default_rng(3)))).events == ()


def test_it_keeps_up_with_the_mains() -> None:
    codes = to_codes(mains.with_event("transient", np.random.default_rng(1))[0])
    cycles = _image(timing="stm32l476_80mhz").client.detect(codes[:, :20 * HOP]).cycles_max
    print(f"{cycles} cycles a hop, {cycles / 80:.0f} us of {HOP_US_MAX:.0f}")
    assert 0 < cycles / 80 < HOP_US_MAX / 2


def test_a_hop_of_another_length_is_refused_and_changes_nothing(client: Client) -> None:
    client.stream_begin()
    assert client.stream(np.zeros((HOP, 3), np.int16)).clock == HOP
    with pytest.raises(ServiceError, match="refused; got LENGTH, want a reply to STREAM") as caught:
        client.stream(np.zeros((HOP - 1, 3), np.int16))
    assert caught.value.code is ErrorCode.LENGTH
    assert client.stream(np.zeros((HOP, 3), np.int16)).clock == 2 * HOP
