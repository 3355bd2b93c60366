"""Measures robustness: what attacks on the float networks do to the image.

Inputs: --spec, --image (.bin), --elf (its symbols), --plan (JSON), --model (.keras that shipped), --ensemble (three
.keras, trained independently), --pilot (.npz). Output: JSON with robust accuracy per epsilon and attack, for the float network and for
the image; and DeepXplore's coverage, difference-inducing inputs and failure modes by pair of classes.
Non-goals: the verdict (judge.py), adaptive attacks on the int8 arithmetic itself.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import flags

from gates.adversarial.float_networks import FloatNetwork  # first: it pins XLA

from gates import image as gated, measurement, windows
from gates.adversarial import attacks, deepxplore
from gates.adversarial.constraint import Constraint
from model import spec as model_spec
from model.data import dataset
from tools import errors

# Not every window is classified right by all networks.
_CANDIDATES_PER_SEED = 4


def measure(spec: model_spec.Spec, image: gated.BootedImage, plan: gated.Plan, shipped: FloatNetwork,
            ensemble: Sequence[FloatNetwork], pilot: dataset.Part) -> dict[str, Any]:
    """The measurement; shares are 0 to 1, changes in pu."""
    settings = spec.gates.adversarial
    chosen = windows.spread_over_classes(pilot.y, settings.windows)
    attacked = attack(settings, image, plan, shipped, dataset.Part(pilot.x[chosen], pilot.y[chosen]))
    # From the other end of the pilot set: other windows than the attacked ones, unless it is small.
    x, y = pilot.x[::-1], pilot.y[::-1]
    candidates = windows.spread_over_classes(y, _CANDIDATES_PER_SEED * settings.deepxplore.seeds)
    explored = explore(spec, image, plan, ensemble, dataset.Part(x[candidates], y[candidates]))
    return {"attacks": attacked, "deepxplore": explored, "windows": len(chosen)}


def attack(settings: model_spec.Adversarial, image: gated.BootedImage, plan: gated.Plan, shipped: FloatNetwork,
            part: dataset.Part) -> list[dict[str, Any]]:
    """FGSM and PGD at every epsilon, on windows that the image, respectively the float network, classifies right."""

    def float_right(x: np.ndarray) -> np.ndarray:
        return deepxplore.votes(shipped, x) == part.y

    def image_right(x: np.ndarray) -> np.ndarray:
        return image.classify(plan.quantize(x)).classes == part.y

    before = {"float": float_right(part.x), "firmware": image_right(part.x)}
    low_pu, high_pu = plan.physical_range
    results = []
    for epsilon_pu in settings.epsilons_pu:
        ball = attacks.Ball(epsilon_pu, low_pu, high_pu)
        attacked = {"fgsm": attacks.fgsm(shipped.loss_gradient, part.x, part.y, ball),
                    "pgd": attacks.pgd(shipped.loss_gradient, part.x, part.y, ball, settings.pgd_steps)}
        results.append({
            "epsilon_pu": epsilon_pu,
            "float": robust(before["float"], {name: float_right(x) for name, x in attacked.items()}),
            "firmware": robust(before["firmware"], {name: image_right(x) for name, x in attacked.items()}),
        })
    return results


def robust(before: np.ndarray, after: dict[str, np.ndarray]) -> dict[str, Any]:
    """Of the windows that were right before: the share that stays right under each attack, and under both."""
    count = int(before.sum())
    survivors = dict(after, both=np.all(list(after.values()), axis=0))
    shares = {name: int((right & before).sum()) / max(count, 1) for name, right in survivors.items()}
    return {"right_before": count, **shares}


def explore(spec: model_spec.Spec, image: gated.BootedImage, plan: gated.Plan, ensemble: Sequence[FloatNetwork],
             part: dataset.Part) -> dict[str, Any]:
    """DeepXplore on the ensemble, its findings shown to the image."""
    settings = spec.gates.adversarial.deepxplore
    seeds = deepxplore.agreed_seeds(ensemble, part.x, part.y, settings.seeds)
    if not len(seeds):
        raise errors.UserError(f"adversarial: DeepXplore has no seed; got 0 of {len(part.y)} windows that all networks "
                               "classify right, want >= 1. Fix: raise gates.adversarial.ensemble_epochs in the spec")
    x, y = part.x[seeds], part.y[seeds]
    constraint = Constraint.of(part.x.shape[1], settings.max_change_pu)
    found = deepxplore.explore(ensemble, x, y, deepxplore.Ascent(settings.steps, settings.coverage_threshold, constraint))
    changed = np.array([finding.changed for finding in found.findings], np.float32).reshape(-1, *part.x.shape[1:])
    origins = np.array([finding.seed for finding in found.findings], int)
    said_before = image.classify(plan.quantize(x[origins])).classes
    said_after = image.classify(plan.quantize(changed)).classes
    fooled = (said_before == y[origins]) & (said_after != y[origins])
    return {
        "coverage_after": found.covered_after / found.neurons,
        "coverage_before": found.covered_before / found.neurons,
        "difference_inducing": len(found.findings),
        "failure_modes": failure_modes(spec.classes, found.findings, said_after, fooled),
        "firmware_wrong": int(fooled.sum()),
        "neurons": found.neurons,
        "seeds": found.seeds,
    }


def failure_modes(classes: tuple[str, ...], findings: Sequence[deepxplore.Finding], said: np.ndarray,
                   fooled: np.ndarray) -> list[dict[str, Any]]:
    """Findings by true class and wrong class, the most frequent first: how many, how many fool the image, by what."""
    modes: dict[tuple[str, str], list[deepxplore.Finding]] = {}
    on_image: Counter[tuple[str, str]] = Counter()
    for finding, answer, wrong in zip(findings, said, fooled):
        truth = classes[finding.label]
        for vote in sorted(set(finding.votes) - {finding.label}):
            modes.setdefault((truth, classes[vote]), []).append(finding)
        if wrong:
            on_image[truth, classes[answer]] += 1
            modes.setdefault((truth, classes[answer]), [])
    rows = [{"called": called, "firmware_wrong": on_image[truth, called], "networks_wrong": len(members),
             "peak_change_pu": _mean_shares(members), "true": truth} for (truth, called), members in modes.items()]
    return sorted(rows, key=lambda row: (-row["networks_wrong"], row["true"], row["called"]))


def _mean_shares(findings: list[deepxplore.Finding]) -> dict[str, float]:
    """Mean peak of each kind of change in pu, to 4 digits."""
    kinds = findings[0].shares if findings else {}
    return {kind: round(sum(finding.shares[kind] for finding in findings) / len(findings), 4) for kind in kinds}


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("image", None, ".bin to attack", required=True)
    flags.DEFINE_string("elf", None, "the ELF that it was made from, for its symbols", required=True)
    flags.DEFINE_string("plan", None, "JSON of the compiler", required=True)
    flags.DEFINE_string("model", None, ".keras that the image was quantised from", required=True)
    flags.DEFINE_list("ensemble", None, ".keras of independently trained networks, at least three", required=True)
    flags.DEFINE_string("pilot", None, ".npz with the pilot set", required=True)
    flags.DEFINE_string("output", None, "JSON to write", required=True)


def main(_: list[str]) -> None:
    args = flags.FLAGS
    spec, plan = model_spec.load(args.spec), gated.read_plan(args.plan)
    if len(args.ensemble) < 3:
        raise errors.UserError(f"adversarial: DeepXplore needs more networks; got {len(args.ensemble)}, want >= 3. "
                               "Fix: train an ensemble of three")
    pilot = dataset.load_pilot(args.pilot, len(spec.classes))
    if pilot.x.ndim != 3:
        raise errors.UserError(f"adversarial: windows have no time axis; got shape {list(pilot.x.shape[1:])}, want "
                               "[length, channels]. Fix: drop gates.adversarial from the spec")
    image = gated.BootedImage(gated.read_image(args.image), plan, spec.target, elf=gated.read_image(args.elf))
    measurement.write(args.output, measure(spec, image, plan, FloatNetwork(args.model),
                                           [FloatNetwork(path) for path in args.ensemble], pilot))


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
