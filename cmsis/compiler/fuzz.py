"""Fuzzes the compiler: spoiled models must compile to what TFLite computes, or be refused by a UserError.

    bazel run //cmsis/compiler:fuzz -- --mutations=100000 --seed=1 [--findings=FOLDER]

Inputs: small models of each operator, spoiled at random (cmsis/testing/mutations.py). Outputs: counts on stdout; each kind of
finding once, with its model in --findings: a traceback, more than fuzz_trial.CPU_SECONDS or MEMORY_BYTES, an error without its
parts, outputs that differ from TFLite's. Samples of what compiles are shown to TFLite and run on the simulated core; models
that TFLite refuses are counted by its reason, and the first of each is kept too. Errors: exit code 1 if there are findings.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from absl import flags

from cmsis.compiler.fuzz_trial import NO_FINDING, Outcome, compare, compile_whole, try_model
from cmsis.testing import small_models
from cmsis.testing.mutations import Mutator
from cmsis.testing.operator_cases import OPERATOR_CASES
from cmsis.testing.random_networks import pruned
from cmsis.testing.oracle_worker import OracleWorker
from tools import errors
from tools.link.kit import Kit, read_kit

_MODELS_OF_EACH = 4
_DIGITS = re.compile(r"-?\d+")

_MUTATIONS = flags.DEFINE_integer("mutations", 100_000, "How many models to try.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 1, "Seed of the models and mutations.", lower_bound=0)
_ORACLE_SHARE = flags.DEFINE_float("oracle_share", 0.1, "Part of the compiled models that TFLite is asked about.", 0.0, 1.0)
_RUN_SHARE = flags.DEFINE_float("run_share", 0.1, "Part of these that run on the simulated core as well.", 0.0, 1.0)
_FINDINGS = flags.DEFINE_string("findings", None, "Folder for the models of findings.")


class Report:
    """Counts outcomes, and keeps the first model of each kind of finding and of each refusal by TFLite."""

    def __init__(self, folder: Path | None) -> None:
        self.counts: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._folder = folder

    def add(self, outcome: Outcome, model: bytes, number: int) -> None:
        """Counts the outcome of mutation `number`; numbers within details don't make another kind."""
        self.counts[outcome.kind] += 1
        if outcome.kind in NO_FINDING and not outcome.detail:
            return
        kinds = self.refusals if outcome.kind in NO_FINDING else self.findings
        text = f"{outcome.kind}: {_DIGITS.sub('#', outcome.detail)}"
        if text not in kinds:
            print(f"mutation {number}: {outcome.kind}: {outcome.detail}", flush=True)
            if self._folder:
                (self._folder / f"{outcome.kind.replace(' ', '_')}_{number}.tflite").write_bytes(model)
        kinds[text] += 1

    def __str__(self) -> str:
        lines = [f"{count:8,} {kind}" for kind, count in self.counts.most_common()]
        for kinds in (self.refusals, self.findings):
            lines += [f"{count:8,} {text}" for text, count in kinds.most_common()]
        return "\n".join([*lines, f"{len(self.findings)} kinds of findings"])


def good_models(seed: int) -> tuple[bytes, ...]:
    """Small models of every operator, and some of several."""
    rng = np.random.default_rng(seed)
    return (small_models.network(), small_models.branches(),
            *(case.make(rng) for case in OPERATOR_CASES for _ in range(_MODELS_OF_EACH)),
            *(pruned(rng) for _ in range(_MODELS_OF_EACH)))


def fuzz(mutations: int, seed: int, oracle_share: float, run_share: float, kit: Kit | None, report: Report) -> None:
    """Tries `mutations` spoiled models; `kit` links those that run on the core."""
    rng = np.random.default_rng(seed)
    mutate, worker = Mutator(good_models(seed), rng), OracleWorker()
    for number in range(mutations):
        model = mutate()
        outcome = try_model(lambda model: compile_whole(model, rng), model)
        report.add(outcome, model, number)
        if outcome.kind == "compiled" and rng.random() < oracle_share:
            report.add(compare(model, worker, rng, kit if rng.random() < run_share else None), model, number)
    worker.close()


def main(argv: list[str]) -> int:
    del argv
    folder = Path(_FINDINGS.value) if _FINDINGS.value else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    report = Report(folder)
    fuzz(_MUTATIONS.value, _SEED.value, _ORACLE_SHARE.value, _RUN_SHARE.value, read_kit() if _RUN_SHARE.value else None, report)
    print(report)
    return int(bool(report.findings))


if __name__ == "__main__":
    errors.run(main)
