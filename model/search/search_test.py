"""The search is deterministic, goes on where it stopped, and chooses what holds the limits; what is wrong is named."""

from pathlib import Path

import pytest

from model import spec as model_spec
from model.search import candidate, pareto, search
from model.search.candidate import Figures
from model.search.search import Results
from model.search.space import Choice, Space, read_space
from tools.errors import UserError

SPEC = model_spec.load("model/voltage_event/voltage_event.yaml")
SPACE = read_space("model/voltage_event/search.yaml")


def _measure(choice: Choice) -> Figures:
    """More filters and units are better, larger and slower; segments of 64 are refused."""
    values = dict(choice)
    if values["segment"] == 64:
        raise UserError("search: train refuses the candidate; got 64")
    units = values["filters"] + values["wide"] + (values["narrow"] or 0)
    return Figures(6000 + 60 * units, 1800, 4000 + 90 * units, round(0.9 + units / 1000, 6))


def _searched(path: Path, *counts: int) -> Results:
    """The results of a search that was stopped after each of `counts` candidates."""
    for count in counts:
        results = Results(path, "job")
        results.read()
        search.search(SPACE, results, _measure, count, seed=3)
    return results


def test_the_space_begins_with_the_network_that_ships() -> None:
    assert model_spec.load("model/voltage_event/voltage_event.yaml").architecture is not None
    shipped = [layer.kind for layer in SPEC.architecture]
    first = SPACE.architecture(SPACE.first)
    assert [layer["kind"] for layer in first] == shipped
    assert [layer["units"] for layer in first if "units" in layer] == [layer.units for layer in SPEC.architecture if hasattr(layer, "units")]
    assert SPACE.size == 81 and len(set(SPACE.all())) == 81 and len(SPACE.neighbours(SPACE.first)) == 8


def test_a_layer_with_null_is_left_out() -> None:
    choice = tuple((name, None if name == "narrow" else value) for name, value in SPACE.first)
    assert len(SPACE.architecture(choice)) == len(SPACE.architecture(SPACE.first)) - 1


def test_it_goes_on_where_it_stopped_and_ends_the_same(tmp_path: Path, capsys) -> None:
    whole, parts = _searched(tmp_path / "a.json", 20), _searched(tmp_path / "b.json", 3, 4, 11, 20)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert whole.measured == parts.measured and len(whole.measured) + len(whole.refused) == 20 and whole.refused
    said = capsys.readouterr().out
    assert said.startswith("1/20 segment 32, filters 12, wide 20, narrow 8: macro precision 0.9400, 8,400 B, 1,800 B SRAM, 7,600 cycles\n")
    assert "refused: search: train refuses the candidate" in said


def test_all_of_a_small_space_is_tried(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json", "job")
    space = Space({"units": [3, 4]}, [{"kind": "dense", "units": "$units"}])
    search.search(space, results, lambda choice: Figures(1, 1, 1, 0.5), 99, seed=1)
    assert list(results.measured) == [(("units", 3),), (("units", 4),)]
    assert search.next_choice(space, results, 1) is None


def test_the_best_holds_the_limits_of_size_and_timing(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json", "job")
    named = {"large": Figures(8193, 1800, 7000, 0.999), "hungry": Figures(8000, 2049, 7000, 0.998), "slow": Figures(8000, 1800, 8001, 0.997),
             "good": Figures(8192, 2048, 8000, 0.99), "small": Figures(6000, 1800, 5000, 0.98)}
    results.measured = {((name, 1),): figures for name, figures in named.items()}
    assert search.best(results, SPEC) == (("good", 1),)
    results.measured = {(("large", 1),): named["large"]}
    assert search.best(results, SPEC) is None


def test_the_front_is_what_nothing_beats() -> None:
    found = {"a": Figures(10, 0, 10, 0.9), "b": Figures(10, 0, 11, 0.9), "c": Figures(9, 0, 20, 0.8), "d": Figures(20, 0, 20, 0.95)}
    assert pareto.front(found) == ["d", "a", "c"]
    drawn = pareto.picture("a < b", list(found.values()), found["a"])
    assert drawn.count("<circle") == 2 * (4 + 1) and "a &lt; b" in drawn


@pytest.mark.parametrize(("text", "message"), [
    ("architecture: []", "space.yaml: choices: no choices; got None, want a mapping"),
    ("choices: {units: [1]}", "space.yaml: architecture: no layers"),
    ("choices: {units: [1], more: [2]}\narchitecture: [{kind: dense, units: $units}]", "names other choices; got units, want more, units"),
])
def test_what_is_no_space_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "space.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_space(tmp_path / "space.yaml")


def test_results_of_another_search_are_kept_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    _searched(path, 2)
    before = path.read_bytes()
    with pytest.raises(UserError, match="results.json: is of another search; got other arguments or files, want .* Fix: another --output"):
        Results(path, "another").read()
    assert path.read_bytes() == before
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match="results.json: is no result of a search"):
        Results(path, "job").read()


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match="gone.npz: cannot be read; got no such file, want one for --data. Fix: check the path"):
        search._located("data", "gone.npz")


def test_a_tool_that_was_killed_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import os\nos.kill(os.getpid(), 9)\n", encoding="utf-8")
    bench = candidate.Workbench(tmp_path, tmp_path, 1, False, {"train": tmp_path / "tool.py"}, None)
    with pytest.raises(candidate.KilledError, match="train was killed by signal 9"):
        candidate._run(bench, "train")
    (tmp_path / "tool.py").write_text("raise SystemExit('diverged')\n", encoding="utf-8")
    with pytest.raises(UserError, match="search: train refuses the candidate; got diverged"):
        candidate._run(bench, "train")
