"""The reproducibility judge: equal artifacts of two real builds hold, nothing else does."""

from gates.check import failures
from gates.reproducibility.judge import checks
from gates.testing import fixtures


def _complaints(**changes):
    measured = fixtures.reproducibility()
    measured["artifacts"][0] |= changes
    return failures(checks(measured, fixtures.spec()))


def test_equal_artifacts_hold():
    assert _complaints() == []


def test_a_differing_hash_fails_and_names_the_first_difference():
    (complaint,) = _complaints(second={"sha256": "cd" * 32, "bytes": 16001},
                               difference={"offset_bytes": 12345, "first": "0x00", "second": "0x01", "place": "line 3",
                                           "report": ["section .text: differs"], "environment": "a machine"})
    assert complaint.startswith("reproducibility: model.bin: two builds differ from byte 12,345 on (first build 0x00, "
                                "second build 0x01); that is line 3; found on a machine\n    section .text: differs; got SHA-256 cdcd")
    assert f"want {'ab' * 32} (16,000 B)" in complaint


def test_one_file_under_two_names_fails():
    (complaint,) = _complaints(distinct=False)
    assert complaint.startswith("reproducibility: model.bin: was not built twice; got one file under two names")


def test_nothing_compared_fails():
    (complaint,) = failures(checks({"artifacts": []}, fixtures.spec()))
    assert "nothing was compared; got 0 artifacts" in complaint
