"""The results as Markdown: networks, the same beside others, layers and kernels of each, and what was refused."""

from collections.abc import Iterator, Sequence

from tools.bench.measure import Figures, LayerFigures, Settings
from tools.bench.published import Figure, Published
from tools.bench.results import OURS, Result
from tools.sim.timing.profiles import ZERO_WAIT, profile_named

_LEAST_SHARE = 0.0005


def as_markdown(results: Sequence[Result], settings: Settings, published: Published) -> str:
    """The whole text; `published` holds what others have."""
    lines = ["### Networks", "", *_networks(results, settings)]
    for heading, rows in (("Beside others", _beside(results, settings, published)), ("Refused", _refused(results))):
        found = list(rows)
        lines += ["", f"### {heading}", "", *found] if found else []
    for result in results:
        for library, figures in result.figures.items():
            lines += ["", f"### {result.name}, {library}", "", *_layers(figures, settings, published),
                      "", *_kernels(figures, settings)]
    return "\n".join(lines) + "\n"


def _networks(results: Sequence[Result], settings: Settings) -> Iterator[str]:
    timed = [column for profile in settings.profiles for column in (profile, "c/MAC", "ms")]
    yield from _head(["network", "int8 by", "kernels", "MACs (live)", *timed, "code", "weights", "RAM", "outputs equal to TFLite's"], 3)
    for result in results:
        for library, figures in result.figures.items():
            times = [cell for profile in settings.profiles for cell in _time(figures.cycles[profile], figures.macs, profile)]
            yield _row(result.name, result.origin, library, _macs(figures.macs, figures.live_macs), *times,
                       f"{figures.code_bytes:,}", f"{figures.weights_bytes:,}", f"{figures.ram_bytes:,}", _exact(figures))


def _beside(results: Sequence[Result], settings: Settings, published: Published) -> Iterator[str]:
    """What is known elsewhere of the networks here, with the ratio of our cycles to theirs."""
    rows, sources = [], {}
    for result in results:
        figures = next((found for name, found in result.figures.items() if name.startswith(OURS)), None)
        known = figures and published.network(result.name, figures.macs)
        for other in known.figures if known else ():
            if other.profile in settings.profiles:
                sources[other.source] = published.sources[other.source]
                rows.append(_row(result.name, *_other(other, figures)))
    if rows:
        yield from _head(["network", "stack", "profile", "cycles", "c/MAC", "ms", "ours / theirs", "source"], 3)
        yield from rows
        for name, text in sources.items():
            yield f"\n{name}: {text}."


def _other(other: Figure, figures: Figures) -> list[str]:
    ratio = figures.cycles[other.profile] / other.cycles
    return [other.stack, other.profile, *_time(other.cycles, figures.macs, other.profile), f"{ratio:.2f}", other.source]


def _refused(results: Sequence[Result]) -> Iterator[str]:
    rows = [_row(result.name, library, reason) for result in results for library, reason in result.refusals.items()]
    if rows:
        yield from _head(["network", "kernels", "reason"], 3)
        yield from rows


def _layers(figures: Figures, settings: Settings, published: Published) -> Iterator[str]:
    others = {layer.name: published.layer_cycles(layer) for layer in figures.layers} if ZERO_WAIT.name in settings.profiles else {}
    compared = ["CMSIS-NN's c/MAC or cycles"] if any(others.values()) else []
    timed = [column for profile in settings.profiles for column in (profile, "c/MAC", "share")]
    yield from _head(["layer", "operator", "kernel", "output", "MACs (live)", *timed, *compared], 3)
    for layer in figures.layers:
        times = [cell for profile in settings.profiles for cell in _share(layer.cycles[profile], layer.macs, figures, profile)]
        yield _row(layer.name, layer.operator, layer.kernel, "x".join(map(str, layer.output_shape)),
                   _macs(layer.macs, layer.live_macs), *times, *[_compared(layer, others[layer.name]) for _ in compared])


def _compared(layer: LayerFigures, cycles: int | None) -> str:
    if cycles is None:
        return ""
    return f"{cycles / layer.macs:.2f}" if layer.macs else f"{cycles:,}"


def _kernels(figures: Figures, settings: Settings) -> Iterator[str]:
    yield from _head(["kernel", *(f"share, {profile}" for profile in settings.profiles)], 1)
    for kernel in figures.kernel_shares[settings.profiles[0]]:
        shares = [figures.kernel_shares[profile][kernel] for profile in settings.profiles]
        if max(shares) >= _LEAST_SHARE:
            yield _row(kernel, *(f"{share:.1%}" for share in shares))


def _time(cycles: int, macs: int, profile: str) -> list[str]:
    clock_hz = profile_named(profile).clock_hz
    # The profile without wait states has no chip, and so no clock that would mean anything.
    ms = "" if profile == ZERO_WAIT.name else f"{cycles * 1000 / clock_hz:.2f}"
    return [f"{cycles:,}", f"{cycles / macs:.2f}" if macs else "", ms]


def _share(cycles: int, macs: int, figures: Figures, profile: str) -> list[str]:
    return [f"{cycles:,}", f"{cycles / macs:.2f}" if macs else "", f"{cycles / figures.cycles[profile]:.1%}"]


def _macs(nominal: int, live: int | None) -> str:
    return f"{nominal:,}" if live is None else f"{nominal:,} ({live:,})"


def _exact(figures: Figures) -> str:
    if not figures.differing_inputs:
        return f"all of {figures.compared_inputs:,}"
    return (f"{figures.compared_inputs - figures.differing_inputs:,} of {figures.compared_inputs:,}, off by up to "
            f"{figures.largest_difference:g}")


def _head(columns: Sequence[str], texts: int) -> list[str]:
    """The first two lines of a table whose columns hold texts, then figures."""
    rule = ["---" if index < texts else "---:" for index in range(len(columns))]
    return [_row(*columns), "| " + " | ".join(rule) + " |"]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
