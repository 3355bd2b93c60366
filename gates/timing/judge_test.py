"""The timing judge: 38,000 cycles at 80 MHz hold 500 us less 5 %, one more doesn't."""

from gates.check import failures
from gates.testing import fixtures
from gates.timing.judge import checks


def _complaints(measured):
    return failures(checks(measured, fixtures.spec()))


def _worst(**changes):
    measured = fixtures.timing()
    measured["worst"] |= changes
    return measured


def test_the_budget_less_its_margin_holds_and_other_profiles_are_only_reported():
    assert _complaints(fixtures.timing()) == []


def test_one_cycle_too_many_fails_and_says_what_would_help():
    (complaint,) = _complaints(_worst(cycles=38001, time_us=475.0125))
    assert complaint == (
        "timing: slowest input takes too long; got 475.0 us (38,001 cycles), want <= 475.0 us (38,000 cycles at 80 MHz): "
        "500.0 us less 5% for the cycle model's error; over by 1 cycles (0.0%); input: noise 3; most expensive layers: "
        "conv_2 16,000 cycles, 2.60 per MAC (25% flash: fewer weights, or weights and inner loop in SRAM); "
        "conv_1 12,000 cycles, 2.93 per MAC (100% execute: fewer multiply-accumulates (smaller kernel, fewer filters or "
        "units)); softmax 1,000 cycles (20% branch: unroll its inner loop). "
        "Fix: do that (docs/profiling.md: where its cycles go), or raise gates.timing.time_us_max in the spec")


def test_what_holds_the_limit_but_not_the_margin_fails():
    (complaint,) = _complaints(_worst(cycles=40000, time_us=500.0))
    assert "got 500.0 us (40,000 cycles), want <= 475.0 us" in complaint and "over by 2,000 cycles (5.3%)" in complaint


def test_a_network_without_layers_fails_all_the_same():
    (complaint,) = _complaints(_worst(cycles=50000, time_us=625.0, layers=[]))
    assert "the network has no layers. Fix: " in complaint


def test_too_few_windows_fail():
    measured = fixtures.timing()
    measured["profiles"]["stm32l476_80mhz"] |= {"windows": 199}
    (complaint,) = _complaints(measured)
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


def test_spread_tick_and_other_profiles_are_reported():
    reported = {check.what: check.measured for check in checks(fixtures.timing(), fixtures.spec()) if not check.limit}
    assert reported == {
        "pilot windows, profile stm32l476_80mhz": "450.0 / 460.0 / 470.0 us (min / median / max of 200) at 80 MHz",
        "pilot windows, profile zero_wait": "400.0 / 410.0 / 420.0 us (min / median / max of 12) at 80 MHz",
        "slowest input, interrupted by SysTick at 1,000 Hz": "475.3 us (38,025 cycles; slowest of 24, empty handler)",
        "blocks of code with an access that the model took for aligned SRAM": "12 of 4,000",
    }
