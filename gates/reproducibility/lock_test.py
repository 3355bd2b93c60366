"""The committed hashes: equal artifacts hold; one bit, a lost file, a new one or a broken lock doesn't."""

import pytest

from gates.reproducibility import lock
from tools.errors import UserError

_COMMAND = "bazel run //some:lock"


@pytest.fixture(name="artifacts")
def _artifacts(tmp_path):
    for name in ("data.npz", "image.bin"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    lock.update([str(tmp_path / name) for name in ("data.npz", "image.bin")], tmp_path / "lock.json")
    return tmp_path


def _check(folder, *names):
    lock.check([str(folder / name) for name in names], str(folder / "lock.json"), _COMMAND)


def _refusal(folder, *names):
    with pytest.raises(UserError) as caught:
        _check(folder, *names)
    assert _COMMAND in str(caught.value)
    return str(caught.value)


def test_equal_artifacts_hold_in_any_order(artifacts):
    _check(artifacts, "image.bin", "data.npz")


def test_one_flipped_bit_is_named_with_both_hashes(artifacts):
    content = bytearray((artifacts / "image.bin").read_bytes())
    content[17] ^= 1
    (artifacts / "image.bin").write_bytes(content)
    message = _refusal(artifacts, "data.npz", "image.bin")
    assert message.startswith("lock.json: image.bin: other bytes than were committed; got SHA-256 ") and "(900 B), want " in message


def test_artifacts_and_lock_must_name_the_same_files(artifacts):
    assert "lock.json: image.bin: is not built; got artifacts data.npz" in _refusal(artifacts, "data.npz")
    (artifacts / "new.c").write_text("")
    assert "lock.json: new.c: is not locked" in _refusal(artifacts, "data.npz", "image.bin", "new.c")


@pytest.mark.parametrize("text", ["", "[1]", '{"image.bin": {}}', '{"image.bin": 3}', "<<<<<<< HEAD"])
def test_a_broken_lock_is_refused(artifacts, text):
    (artifacts / "lock.json").write_text(text)
    assert "lock.json: no lock of artifacts; got " in _refusal(artifacts, "data.npz")


def test_a_missing_lock_is_refused(artifacts):
    (artifacts / "lock.json").unlink()
    assert "lock.json: no lock of artifacts; got FileNotFoundError" in _refusal(artifacts, "data.npz", "image.bin")
