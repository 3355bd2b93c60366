"""Judges a timing measurement: the slowest input is in time, less a margin, and the firmware's own count agrees."""

from typing import Any

from gates.check import Check

# How far the cycle model may be off with flash wait states (docs/timing.md): taken off the budget.
MODEL_ERROR = 0.05
_LAYERS_NAMED = 3
# What lowers the cycles of each cause, in the words of tools/sim/timing/recorder.py.
_REMEDIES = {
    "execute_cycles": "fewer multiply-accumulates (smaller kernel, fewer filters or units)",
    "fetch_cycles": "align its inner loop to 8 bytes",
    "load_use_cycles": "more outputs for each load in its inner loop",
    "flash_cycles": "fewer weights, or weights and inner loop in SRAM",
    "branch_cycles": "unroll its inner loop",
    "other_cycles": "fewer divisions in its kernel",
}


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """Checks of the slowest input, of the count of windows, and of the firmware's cycle counter; the rest is reported.

    Args:
        measurement: as gates/timing/measure.py writes it.
        spec: the network's spec; its `gates.timing` holds the limits.
    """
    limits = spec.gates.timing
    judged = measurement["profiles"][measurement["judged_profile"]]
    return (
        _slowest(measurement, limits.time_us_max),
        _windows(judged, limits.windows),
        _counter(measurement["counter"]),
        _reported(f"pilot windows, profile {measurement['judged_profile']}", judged),
        _ticked(measurement["ticked"]),
        _assumed(measurement["worst"]),
        *(_reported(f"pilot windows, profile {name}", profile)
          for name, profile in measurement["profiles"].items() if name != measurement["judged_profile"]),
    )


def _slowest(measurement: dict[str, Any], limit_us: float) -> Check:
    worst = measurement["worst"]
    clock_mhz = measurement["clock_hz"] / 1e6
    budget_us = limit_us * (1 - MODEL_ERROR)
    # In whole cycles: 475.0125 us is over 475 us although it prints as 475.0.
    budget_cycles = int(budget_us * clock_mhz + 1e-6)
    over = worst["cycles"] - budget_cycles
    failure = ""
    if over > 0:
        failure = (f"timing: slowest input takes too long; got {worst['time_us']:,.1f} us ({worst['cycles']:,} cycles), "
                   f"want <= {budget_us:,.1f} us ({budget_cycles:,} cycles at {clock_mhz:g} MHz): {limit_us:,.1f} us less "
                   f"{MODEL_ERROR:.0%} for the cycle model's error; over by {over:,} cycles ({over / budget_cycles:.1%}); "
                   f"input: {worst['input']}; {_most_expensive(worst)}. "
                   "Fix: do that (docs/profiling.md: where its cycles go), or raise gates.timing.time_us_max in the spec")
    return Check(f"slowest input, profile {measurement['judged_profile']}",
                 f"{worst['time_us']:,.1f} us ({worst['cycles']:,} cycles; {worst['input']})",
                 f"<= {budget_us:,.1f} us ({limit_us:,.1f} less {MODEL_ERROR:.0%})", failure)


def _most_expensive(worst: dict[str, Any]) -> str:
    """The most expensive layers, each with what most of its avoidable cycles ask for."""
    layers = sorted(worst["layers"], key=lambda layer: -layer["cycles"])[:_LAYERS_NAMED]
    return "most expensive layers: " + "; ".join(_cost(layer) for layer in layers) if layers else "the network has no layers"


def _cost(layer: dict[str, Any]) -> str:
    """Name, cycles and remedy. Waiting counts when it takes a sixth of the layer: below that only fewer MACs help."""
    cause, waited = max(((name, cycles) for name, cycles in layer["causes"].items() if name != "execute_cycles"),
                        key=lambda pair: pair[1])
    if waited * 6 < layer["cycles"]:
        cause, waited = "execute_cycles", layer["causes"]["execute_cycles"]
    per_mac = f", {layer['cycles_per_mac']:.2f} per MAC" if layer["cycles_per_mac"] else ""
    return (f"{layer['name']} {layer['cycles']:,} cycles{per_mac} ({waited / layer['cycles']:.0%} "
            f"{cause.removesuffix('_cycles')}: {_REMEDIES[cause]})")


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


def _reported(what: str, profile: dict[str, Any]) -> Check:
    times = profile["time_us"]
    return Check(what, f"{times['min']:,.1f} / {times['median']:,.1f} / {times['max']:,.1f} us "
                 f"(min / median / max of {profile['windows']}) at {profile['clock_hz'] / 1e6:g} MHz")


def _ticked(ticked: dict[str, Any]) -> Check:
    return Check(f"slowest input, interrupted by SysTick at {ticked['tick_hz']:,} Hz",
                 f"{ticked['time_us']:,.1f} us ({ticked['cycles']:,} cycles; slowest of {ticked['runs']}, empty handler)")


def _assumed(worst: dict[str, Any]) -> Check:
    return Check("blocks of code with an access that the model took for aligned SRAM",
                 f"{worst['assumed_blocks']:,} of {worst['blocks']:,}")
