"""The timing judge: 40,000 cycles at 80 MHz hold 500 us, one more doesn't."""

from gates.check import failures
from gates.testing import fixtures
from gates.timing.judge import checks


def _complaints(measured):
    return failures(checks(measured, fixtures.spec()))


def _judged(**changes):
    measured = fixtures.timing()
    measured["profiles"]["zero_wait"] |= changes
    return measured


def test_the_limit_itself_holds_and_other_profiles_are_only_reported():
    assert _complaints(fixtures.timing()) == []


def test_one_microsecond_too_many_fails():
    measured = _judged(cycles={"max": 40080}, time_us={"max": 501.0})
    (complaint,) = _complaints(measured)
    assert complaint.startswith("timing: slowest window takes too long; got 501.0 us (40,080 cycles), want <= 500.0 us "
                                "(40,000 cycles at 80 MHz); over by 80 cycles; most MACs: conv_2, 6,144 MACs. Fix: ")


def test_one_cycle_too_many_fails():
    assert len(_complaints(_judged(cycles={"max": 40001}, time_us={"max": 500.0125}))) == 1


def test_too_few_windows_fail():
    (complaint,) = _complaints(_judged(windows=199))
    assert complaint.startswith("timing: too few windows were timed; got 199, want 200. Fix: ")


def test_a_firmware_counter_that_the_stopwatch_contradicts_fails():
    measured = fixtures.timing()
    measured["counter"] |= {"disagreements": 2, "first": "window 3: 10 where the stopwatch says 39000"}
    (complaint,) = _complaints(measured)
    assert "got 2 of 12 windows (first: window 3: 10 where the stopwatch says 39000), want 0" in complaint


def test_a_counter_that_was_never_checked_fails():
    measured = fixtures.timing()
    measured["counter"]["windows"] = 0
    assert len(_complaints(measured)) == 1
