"""DeepXplore: inputs on which independently trained networks disagree, found by joint gradient ascent.

After Pei, Cao, Yang, Jana, "DeepXplore: Automated Whitebox Testing of Deep Learning Systems", SOSP 2017, algorithm 1:
from a seed on which all networks agree, climb the sum of the agreed class's scores of the other networks, minus that of
one network, plus the outputs of neurons that no input has activated yet, until the networks disagree. Every step obeys
the physical constraint (gates/adversarial/constraint.py).
Inputs: networks, seed windows with their true labels. Outputs: findings and neuron coverage before and after.
Non-goals: the firmware; measure.py shows it what was found. Departures from the paper: seeds climb in rounds, all of a
round at once; coverage is brought up to date between rounds and counts what a climb ended at, even without disagreement,
as it was run on all networks too.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gates.adversarial import neuron_coverage
from gates.adversarial.constraint import KINDS, Change, Constraint
from gates.windows import spread_over_classes

# Lambda 1 and 2 of the paper: how much pushing one network away, and new neurons, weigh against the others' agreement.
_PUSH_WEIGHT = 3.0
_NEURON_WEIGHT = 5.0
_STEP = 0.1
_ROUND_SEEDS = 32
_NEURON_SEED = 2019


class Network(Protocol):
    """A float network that can be differentiated with respect to its input."""

    def outputs(self, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Logits [N, classes] and the activations [N, ..., channels] of every hidden layer."""

    def pull_back(self, x: np.ndarray, logits: np.ndarray, activations: list[np.ndarray]) -> np.ndarray:
        """Gradient [N, ...] of the sum of the outputs, each weighted with the given array of its shape."""


@dataclass(frozen=True)
class Finding:
    """An input that the networks disagree on.

    Attributes:
        seed: index into the windows.
        changed: float32 [length, channels], the input.
        label: the class all networks gave the seed, which is also its true class.
        votes: the class that each network gives the changed input.
        shares: how large each kind of change is at its peak, in pu: amplitude, offset, harmonics, noise.
    """

    seed: int
    changed: np.ndarray
    label: int
    votes: tuple[int, ...]
    shares: dict[str, float]


@dataclass(frozen=True)
class Exploration:
    """What DeepXplore found: seeds tried, findings, neurons, and how many were active before and after."""

    seeds: int
    findings: tuple[Finding, ...]
    neurons: int
    covered_before: int
    covered_after: int


@dataclass(frozen=True)
class Ascent:
    """Settings of the ascent: most steps per seed, the activation threshold, and the constraint."""

    steps: int
    threshold: float
    constraint: Constraint


def agreed_seeds(networks: Sequence[Network], windows: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of up to `count` windows that every network calls by their label, spread over the classes."""
    agreed = np.flatnonzero(np.all([votes(network, windows) == labels for network in networks], axis=0))
    return agreed[spread_over_classes(labels[agreed], count)]


def votes(network: Network, windows: np.ndarray) -> np.ndarray:
    """The class, int [N], that a network gives each window."""
    return np.argmax(network.outputs(windows)[0], axis=1)


def explore(networks: Sequence[Network], windows: np.ndarray, labels: np.ndarray, ascent: Ascent) -> Exploration:
    """Climbs from every window; all networks must call each window by its label.

    Args:
        networks: three or more, trained independently.
        windows: float32 [N, length, channels] in pu.
        labels: int [N].
        ascent: the settings.
    """
    covered = [_covered(network, windows, ascent.threshold) for network in networks]
    before = sum(int(mask.sum()) for mask in covered)
    draw = np.random.default_rng(_NEURON_SEED)
    findings: list[Finding] = []
    for start in range(0, len(windows), _ROUND_SEEDS):
        seeds = np.arange(start, min(start + _ROUND_SEEDS, len(windows)))
        found, climbed = _climb(networks, windows[seeds], labels[seeds], ascent,
                                _targets(networks, covered, windows[:1], draw))
        findings += [dataclasses.replace(finding, seed=start + finding.seed) for finding in found]
        covered = [mask | _covered(network, climbed, ascent.threshold) for network, mask in zip(networks, covered)]
    return Exploration(len(windows), tuple(findings), sum(len(mask) for mask in covered), before,
                       sum(int(mask.sum()) for mask in covered))


def _covered(network: Network, windows: np.ndarray, threshold: float) -> np.ndarray:
    return neuron_coverage.activated(network.outputs(windows)[1], threshold).any(axis=0)


def _targets(networks: Sequence[Network], covered: list[np.ndarray], window: np.ndarray,
             draw: np.random.Generator) -> list[tuple[int, int] | None]:
    """For each network, layer and channel of one neuron that is still quiet; None when all have been active."""
    targets = []
    for network, mask in zip(networks, covered):
        quiet = np.flatnonzero(~mask)
        widths = [layer.shape[-1] for layer in network.outputs(window)[1]]
        targets.append(neuron_coverage.neuron_index(widths, int(draw.choice(quiet))) if len(quiet) else None)
    return targets


def _climb(networks: Sequence[Network], windows: np.ndarray, labels: np.ndarray, ascent: Ascent,
           targets: list[tuple[int, int] | None]) -> tuple[list[Finding], np.ndarray]:
    """One round of seeds: the first disagreement of each, and where all of them stood at the end."""
    change, changed = ascent.constraint.none(windows), windows
    found: dict[int, Finding] = {}
    for _ in range(ascent.steps):
        gradient = sum(_joint_gradient(network, number, changed, labels, target, len(networks))
                       for number, (network, target) in enumerate(zip(networks, targets)))
        change = ascent.constraint.ascend(change, gradient, windows, _STEP)
        changed = (windows + ascent.constraint.delta(change, windows)).astype(np.float32)
        ballots = np.stack([votes(network, changed) for network in networks], axis=1)
        for seed in np.flatnonzero((ballots != ballots[:, :1]).any(axis=1)):
            if seed not in found:
                found[seed] = Finding(int(seed), changed[seed], int(labels[seed]), tuple(map(int, ballots[seed])),
                                      _shares(ascent.constraint, change, windows, int(seed)))
    return [found[seed] for seed in sorted(found)], changed


def _joint_gradient(network: Network, number: int, changed: np.ndarray, labels: np.ndarray,
                    target: tuple[int, int] | None, networks: int) -> np.ndarray:
    """Gradient of one network's part of the objective; seed n pushes network n modulo their number away."""
    rows = np.arange(len(labels))
    logits, activations = network.outputs(changed)
    on_logits = np.zeros_like(logits)
    on_logits[rows, labels] = np.where(rows % networks == number, -_PUSH_WEIGHT, 1.0)
    on_activations = [np.zeros_like(layer) for layer in activations]
    if target is not None:
        layer, channel = target
        positions = on_activations[layer][0, ..., channel].size
        on_activations[layer][..., channel] = _NEURON_WEIGHT / positions
    return network.pull_back(changed, on_logits, on_activations)


def _shares(constraint: Constraint, change: Change, windows: np.ndarray, seed: int) -> dict[str, float]:
    """Peak of each kind of change of one seed, in pu."""
    one = Change(change.amplitude[seed:seed + 1], change.weights[seed:seed + 1])
    window = windows[seed:seed + 1]
    parts = {"amplitude": constraint.delta(Change(one.amplitude, np.zeros_like(one.weights)), window)}
    for kind, rows in KINDS.items():
        weights = np.zeros_like(one.weights)
        weights[:, rows] = one.weights[:, rows]
        parts[kind] = constraint.delta(Change(np.zeros_like(one.amplitude), weights), window)
    return {kind: float(np.abs(part).max()) for kind, part in parts.items()}
