"""Searches the architecture of a network by what its image costs: bazel run //model/search -- --space=FILE --output=FOLDER.

Inputs: --spec, --data (.npz), --space (space.py), --candidates, --epochs of each, --windows of the validation part that judge, --seed.
Outputs in --output: results.json after every candidate, pareto.svg, and chosen.yaml, the spec with the architecture of the best precision
whose image holds the spec's limits of size and timing. Stopped and started again with the same arguments it goes on where it was; the
outcome is the same. It begins with the first choice and goes to neighbours of the Pareto front, in an order drawn from --seed.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from absl import flags

from gates import measurement
from model import spec as model_spec
from model.schema import read_yaml
from model.search import candidate, pareto
from model.search.candidate import Figures
from model.search.space import Choice, Space, read_space
from tools import errors
from tools.link.kit import read_kit
from tools.paths import from_command_line
from tools.sim.boards import BOARDS
from tools.sim.timing.profiles import profile_named

Measure = Callable[[Choice], Figures]

_TOOLS = {"train": "model/training/train.py", "quantize": "model/quantization/quantize.py", "costs": "cmsis/costs/measure.py"}


@dataclasses.dataclass
class Results:
    """What was measured so far, and what was refused with its reason, by choice; kept in `path`, for one `job`."""

    path: Path
    job: str
    measured: dict[Choice, Figures] = dataclasses.field(default_factory=dict)
    refused: dict[Choice, str] = dataclasses.field(default_factory=dict)

    def read(self) -> None:
        """Takes over what is in the file; UserError if that is of another job."""
        if not self.path.exists():
            return
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            job, candidates = found["job"], [(tuple(map(tuple, one["choice"])), one) for one in found["candidates"]]
        except (ValueError, KeyError, TypeError) as error:
            raise errors.UserError(f"{self.path.name}: is no result of a search; got {type(error).__name__}, want its JSON. Fix: another --output") from error
        if job != self.job:
            raise errors.UserError(f"{self.path.name}: is of another search; got other arguments or files, want those it began with. Fix: another "
                                   "--output")
        for choice, one in candidates:
            if "refused" in one:
                self.refused[choice] = one["refused"]
            else:
                self.measured[choice] = Figures(**one["figures"])

    def write(self) -> None:
        """Writes the file, whole."""
        rows = [{"choice": choice, "figures": dataclasses.asdict(figures)} for choice, figures in self.measured.items()]
        rows += [{"choice": choice, "refused": reason} for choice, reason in self.refused.items()]
        measurement.write(str(self.path), {"job": self.job, "candidates": rows})

    def add(self, choice: Choice, measure: Measure) -> str:
        """Measures and keeps a choice; returns what there is to say."""
        try:
            figures = measure(choice)
        except errors.UserError as error:
            self.refused[choice] = str(error)
            said = f"refused: {error}"
        else:
            self.measured[choice] = figures
            said = f"macro precision {figures.macro_precision:.4f}, {figures.flash_bytes:,} B, {figures.sram_bytes:,} B SRAM, {figures.cycles:,} cycles"
        self.write()
        return said


def next_choice(space: Space, results: Results, seed: int) -> Choice | None:
    """The first choice, then neighbours of the front in an order drawn anew for each step, then any; None when all were tried."""
    tried = results.measured.keys() | results.refused.keys()
    rng = np.random.default_rng([seed, len(tried)])
    neighbours = [near for kept in pareto.front(results.measured) for near in _shuffled(space.neighbours(kept), rng)]
    return next((choice for choice in (space.first, *neighbours, *space.all()) if choice not in tried), None)


def _shuffled(choices: list[Choice], rng: np.random.Generator) -> Iterable[Choice]:
    return [choices[index] for index in rng.permutation(len(choices))]


def search(space: Space, results: Results, measure: Measure, count: int, seed: int) -> None:
    """Measures until `count` choices were tried or none is left; prints each."""
    count = min(count, space.size)
    while (tried := len(results.measured) + len(results.refused)) < count:
        choice = next_choice(space, results, seed)
        said = results.add(choice, measure)
        print(f"{tried + 1}/{count} {', '.join(f'{name} {value}' for name, value in choice)}: {said}", flush=True)


def best(results: Results, spec: model_spec.Spec) -> Choice | None:
    """The choice with the best precision among those whose image holds the limits of size and timing; None if none does."""
    size, timing = spec.gates.size, spec.gates.timing
    clock_hz = profile_named(BOARDS[spec.target].profile).clock_hz

    def holds(figures: Figures) -> bool:
        fits = size is None or (figures.flash_bytes <= size.flash_bytes_max and figures.sram_bytes <= size.sram_bytes_max)
        return fits and (timing is None or figures.cycles / clock_hz * 1e6 <= timing.time_us_max)

    held = {choice: figures for choice, figures in results.measured.items() if holds(figures)}
    return next(iter(pareto.front(held)), None)


def _located(flag: str, name: str) -> Path:
    """A file of the build, or of the user's folder; UserError if there is none."""
    path = next((path for path in (Path(name).absolute(), from_command_line(name)) if path.is_file()), None)
    if path is None:
        raise errors.UserError(f"{name}: cannot be read; got no such file, want one for --{flag}. Fix: check the path")
    return path


def _job(bench: candidate.Workbench, space: Path, windows: int, seed: int) -> str:
    """SHA-256 of all that decides the outcome, but for how many candidates there are."""
    digest = hashlib.sha256(json.dumps([bench.epochs, windows, seed, bench.has_detector]).encode())
    for path in (bench.spec, bench.data, space):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _conclude(folder: Path, space: Space, results: Results, spec_path: Path, spec: model_spec.Spec) -> None:
    chosen = best(results, spec)
    figures = results.measured.get(chosen)
    measurement.write_text(str(folder / "pareto.svg"), pareto.picture(f"{spec.name}: {len(results.measured)} candidates",
                                                                      list(results.measured.values()), figures) if results.measured else "")
    if chosen is None:
        print("no candidate holds the limits of the spec", file=sys.stderr)
        sys.exit(1)
    found: dict[str, Any] = read_yaml(spec_path)
    found["architecture"] = space.architecture(chosen)
    measurement.write_text(str(folder / "chosen.yaml"), yaml.safe_dump(found, sort_keys=False))
    print(f"chosen: {', '.join(f'{name} {value}' for name, value in chosen)}; macro precision {figures.macro_precision:.4f}", flush=True)


def _define_flags() -> None:
    flags.DEFINE_string("spec", None, "YAML of the network", required=True)
    flags.DEFINE_string("data", None, "data set (.npz)", required=True)
    flags.DEFINE_string("space", None, "YAML of the space", required=True)
    flags.DEFINE_string("output", None, "folder of the outcome", required=True)
    flags.DEFINE_integer("candidates", 12, "candidates to try", lower_bound=1)
    flags.DEFINE_integer("epochs", 12, "epochs of each candidate's training", lower_bound=1)
    flags.DEFINE_integer("windows", 6000, "windows of the validation part that judge", lower_bound=1)
    flags.DEFINE_integer("seed", 1, "seed of the order")
    flags.DEFINE_bool("detector", False, "whether the images have the streaming detector")


def main(argv: list[str]) -> None:
    del argv
    args = flags.FLAGS
    runfiles = Path(__file__).absolute().parents[2]
    located = {name: _located(name, getattr(args, name)) for name in ("spec", "data", "space")}
    bench = candidate.Workbench(located["spec"], located["data"], args.epochs, args.detector, {tool: runfiles / path for tool, path in _TOOLS.items()},
                                read_kit(root=runfiles))
    spec, space = model_spec.load(bench.spec), read_space(located["space"])
    if spec.training is None:
        raise errors.UserError(f"{bench.spec.name}: nothing to train; got a spec without training, want one. Fix: add architecture and training")
    folder = from_command_line(args.output)
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(folder / "results.json", _job(bench, located["space"], args.windows, args.seed))
    results.read()
    search(space, results, lambda choice: candidate.measure(bench, space.architecture(choice), args.windows), args.candidates, args.seed)
    _conclude(folder, space, results, bench.spec, spec)


if __name__ == "__main__":
    _define_flags()
    errors.run(main)
