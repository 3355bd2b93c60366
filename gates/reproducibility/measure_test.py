"""Comparing real files: equal, differing by one bit, truncated, linked, missing."""

import os

import pytest

from gates.reproducibility import judge, measure
from gates.check import failures
from tools.errors import UserError


@pytest.fixture(name="builds")
def _builds(tmp_path):
    for build in ("first", "second"):
        (tmp_path / build).mkdir()
        (tmp_path / build / "model.bin").write_bytes(bytes(range(256)) * 5000)
    return tmp_path / "first" / "model.bin", tmp_path / "second" / "model.bin"


def _compare(first, second):
    return measure.compare([str(first)], [str(second)])


def test_equal_files_of_two_builds_hold(builds):
    measured = _compare(*builds)
    assert failures(judge.checks(measured, None)) == []
    assert measured["artifacts"][0]["first"]["bytes"] == 1_280_000
    assert "first/" not in str(measured)


def test_one_flipped_bit_fails_and_is_located_beyond_the_first_chunk(builds):
    content = bytearray(builds[1].read_bytes())
    content[1_100_000] ^= 1
    builds[1].write_bytes(content)
    measured = _compare(*builds)
    found = {"offset_bytes": 1_100_000, "first": "0xe0", "second": "0xe1", "place": "", "report": []}
    assert measured["artifacts"][0]["difference"].items() >= found.items()
    (complaint,) = failures(judge.checks(measured, None))
    assert "model.bin: two builds differ from byte 1,100,000 on (first build 0xe0, second build 0xe1)" in complaint


def test_a_truncated_file_differs_at_its_end(builds):
    builds[1].write_bytes(builds[1].read_bytes()[:-1])
    found = {"offset_bytes": 1_279_999, "first": "0xff", "second": "end of file"}
    assert _compare(*builds)["artifacts"][0]["difference"].items() >= found.items()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_the_first_build_is_no_second_build(builds, link):
    builds[1].unlink()
    link(builds[0], builds[1])
    (complaint,) = failures(judge.checks(_compare(*builds), None))
    assert "was not built twice" in complaint


def test_a_missing_file_is_named(builds):
    builds[1].unlink()
    with pytest.raises(UserError, match="model.bin: is missing; got no file, want one per build"):
        _compare(*builds)


def test_lists_of_different_length_are_refused(builds):
    with pytest.raises(UserError, match="got 1 and 0 artifacts, want the same count"):
        measure.compare([str(builds[0])], [])
