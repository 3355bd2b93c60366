"""The report and the summary: what they say of good and of bad measurements."""

import pytest

from gates import measurement, report, summary
from gates.testing import fixtures
from model import spec as model_spec
from tools.errors import UserError


def test_a_report_of_held_gates():
    content = report.report(fixtures.spec(), {"size": fixtures.size(), "timing": fixtures.timing()})
    assert content["held"]
    text = report.as_text(content)
    assert text.startswith("# fixture: all gates held\n\n| gate   | what ")
    assert "| size   | flash " in text and "| 16,384 B " in text and "| <= 16,384 B " in text
    assert len({len(line) for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_report_of_a_failed_gate_says_why():
    content = report.report(fixtures.spec(), {"size": fixtures.size() | {"sram_bytes": 5000}})
    assert not content["held"]
    text = report.as_text(content)
    assert text.startswith("# fixture: a gate FAILED")
    assert "\n- size: SRAM 5,000 B exceeds 4,096 B by 904 B; " in text


def test_the_report_names_the_execution_environments():
    found = [fixtures.environment("sim"), fixtures.environment("qemu"), fixtures.environment("renode")]
    content = report.report(fixtures.spec(), {"size": fixtures.size()}, found)
    assert content["held"] and [row["verdict"] for row in content["environments"]] == ["held"] * 3
    assert [row["measurement"] for row in content["environments"]] == found
    lines = report.as_text(content).splitlines()
    start = lines.index("## Execution environments") + 2
    assert [line.split(":")[0] for line in lines[start : start + 3]] == ["- sim", "- qemu", "- renode"]
    assert lines[start].startswith("- sim: the image that ships on stm32l476; 0 of 200 windows differ")
    assert "time: instruction-scaled 312.0 us (24,960 cycles, median), 0.65 of the cycle model's" in lines[start + 2]


def test_an_environment_that_is_not_there_is_reported_as_not_run():
    absent = {"environment": "renode", "not_run": "no Renode on this machine"}
    assert report.machine_text([absent]) == "renode: not run: no Renode on this machine\n"


def test_an_environment_of_the_machine_that_differs_says_so():
    differing = fixtures.environment("renode") | {"differing_windows": 2, "first_difference": "2 of 20 windows differ"}
    lines = report.machine_text([differing]).splitlines()
    assert lines[0].startswith("renode: ") and lines[1].startswith("environment renode: 2 of 20 windows differ. Fix: ")


def test_an_environment_that_differs_fails_the_report():
    differing = fixtures.environment("qemu") | {"differing_windows": 2, "first_difference": "2 of 200 windows differ"}
    content = report.report(fixtures.spec(), {"size": fixtures.size()}, [differing])
    assert not content["held"]
    assert "\n- environment qemu: 2 of 200 windows differ. Fix: " in report.as_text(content)


def test_failure_modes_follow_the_checks():
    text = report.as_text(report.report(fixtures.spec(), {"adversarial": fixtures.adversarial()}))
    assert "## Failure modes" in text
    assert "| true class | called | by networks | by the image | noise  | offset |" in text
    assert "| calm       | sag    | 12          | 5            | 0.0400 | 0.0125 |" in text


def test_measurements_are_named_by_gate(tmp_path):
    path = str(tmp_path / "a.json")
    measurement.write(path, fixtures.size())
    assert report.parse_measurements([f"size={path}"]) == {"size": fixtures.size()}
    with pytest.raises(UserError, match="got 'a.json', want <gate>=<file>"):
        report.parse_measurements(["a.json"])


def test_summary():
    assert summary.summary(fixtures.spec(), fixtures.size(), fixtures.timing()) == (
        "fixture: 16,384 B flash of 16,384, 4,096 B SRAM of 4,096, 475.0 us simulated at 80 MHz (stm32l476_80mhz)")


def test_summary_without_limits():
    spec = model_spec.load(fixtures.UNGATED_SPEC_PATH)
    assert summary.summary(spec, fixtures.size(), fixtures.timing()) == (
        "ungated: 16,384 B flash, 4,096 B SRAM, 475.0 us simulated at 80 MHz (stm32l476_80mhz)")
