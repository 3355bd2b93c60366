"""Judges an adversarial measurement: robust accuracy per epsilon, and neuron coverage."""

from typing import Any

from gates.check import Check, at_least

_HARDEN = "train with more noise and wider data, or lower the limit in the spec"


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """Checks of every epsilon of the spec and of the coverage; what DeepXplore found is reported.

    Args:
        measurement: as gates/adversarial/measure.py writes it.
        spec: the network's spec; its `gates.adversarial` holds the limits.
    """
    limits = spec.gates.adversarial
    explored = measurement["deepxplore"]
    return (
        *(_robust(measurement["attacks"], epsilon_pu, minimum)
          for epsilon_pu, minimum in zip(limits.epsilons_pu, limits.robust_accuracy_min)),
        at_least("adversarial", "neuron coverage after DeepXplore", explored["coverage_after"],
                 limits.deepxplore.coverage_min, "raise deepxplore.seeds or deepxplore.steps, or lower the limit"),
        _tried(explored["seeds"], limits.deepxplore.seeds),
        Check("difference-inducing inputs", f"{explored['difference_inducing']} from {explored['seeds']} seeds"),
        Check("of these, the firmware is wrong on", f"{explored['firmware_wrong']}"),
    )


def _robust(attacks: list[dict[str, Any]], epsilon_pu: float, minimum: float) -> Check:
    """The check of one epsilon; an epsilon that was not measured fails."""
    what = f"robust accuracy at {epsilon_pu:g} pu"
    for attack in attacks:
        if attack["epsilon_pu"] == epsilon_pu:
            return at_least("adversarial", what, attack["firmware"]["both"], minimum, _HARDEN)
    return Check(what, "none", f">= {minimum}", f"adversarial: {what} was not measured; got "
                 f"{[attack['epsilon_pu'] for attack in attacks]}, want {epsilon_pu:g}. Fix: measure with this spec")


def _tried(got: int, want: int) -> Check:
    """DeepXplore had the seeds that the spec asks for; fewer would make its figures look better than they are."""
    failure = ""
    if got < want:
        failure = (f"adversarial: DeepXplore had too few seeds; got {got} windows that all networks classify right, want "
                   f"{want}. Fix: raise gates.adversarial.ensemble_epochs, or lower deepxplore.seeds, in the spec")
    return Check("seeds that all networks classify right", f"{got}", f">= {want}", failure)
