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
