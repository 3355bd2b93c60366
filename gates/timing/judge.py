"""Judges a timing measurement: the slowest window is in time, and the firmware's own count agrees."""

from typing import Any

from gates.check import Check


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """Checks of the slowest window, of the count of windows, and of the firmware's cycle counter.

    Args:
        measurement: as gates/timing/measure.py writes it.
        spec: the network's spec; its `gates.timing` holds the limits.
    """
    limits = spec.gates.timing
    judged = measurement["profiles"][measurement["judged_profile"]]
    return (
        _slowest(measurement, judged, limits.time_us_max),
        _windows(judged, limits.windows),
        _counter(measurement["counter"]),
        *(Check(f"slowest window, profile {name}", f"{profile['time_us']['max']:,.1f} us")
          for name, profile in measurement["profiles"].items() if name != measurement["judged_profile"]),
    )


def _slowest(measurement: dict[str, Any], judged: dict[str, Any], limit_us: float) -> Check:
    worst_us, cycles = judged["time_us"]["max"], judged["cycles"]["max"]
    limit_cycles = limit_us * measurement["clock_hz"] / 1e6
    failure = ""
    # In cycles, which are whole: 500.0125 us is over 500 us although it prints as 500.0.
    if cycles > limit_cycles:
        failure = (f"timing: slowest window takes too long; got {worst_us:,.1f} us ({cycles:,} cycles), want <= "
                   f"{limit_us:,.1f} us ({limit_cycles:,.0f} cycles at {measurement['clock_hz'] / 1e6:g} MHz); over by "
                   f"{cycles - limit_cycles:,.0f} cycles; most MACs: {measurement['largest_layer']}. "
                   "Fix: shrink that layer, or raise gates.timing.time_us_max in the spec")
    return Check(f"slowest window, profile {measurement['judged_profile']}", f"{worst_us:,.1f} us ({cycles:,} cycles)",
                 f"<= {limit_us:,.1f} us", failure)


def _windows(judged: dict[str, Any], wanted: int) -> Check:
    failure = ""
    if judged["windows"] < wanted:
        failure = (f"timing: too few windows were timed; got {judged['windows']}, want {wanted}. "
                   "Fix: enlarge the pilot set, or lower gates.timing.windows in the spec")
    return Check("windows timed", f"{judged['windows']}", f">= {wanted}", failure)


def _counter(counter: dict[str, Any]) -> Check:
    outside, windows = counter["disagreements"], counter["windows"]
    failure = ""
    if outside or not windows:
        failure = (f"timing: the firmware's cycle counter disagrees with the simulator; got {outside} of {windows} "
                   f"windows (first: {counter['first']}), want 0. "
                   "Fix: check the reads of DWT_CYCCNT around the inference in firmware/")
    return Check("firmware's counts that the simulator's stopwatch contradicts", f"{outside} of {windows}", "0", failure)
