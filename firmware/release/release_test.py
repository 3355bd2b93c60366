"""A release is signed and verified; whatever is changed in it is named."""

import base64
import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from firmware.release import contents, describe, keys
from firmware.release.sign import sign
from firmware.release.verify import verify
from firmware.seal import is_sealed
from tools.errors import UserError

_BUILT = Path("model/voltage_event/voltage_event_release")
_OTHER = Path("model/shapes/shapes_release")
_IMAGE = "voltage_event.bin"


def _write_key(folder: Path, name: str) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.public.pem"
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory) -> tuple[Path, Path]:
    return _write_key(tmp_path_factory.mktemp("keys"), "ours")


@pytest.fixture(name="release")
def _release(tmp_path, pair) -> Path:
    sign(_BUILT, pair[0], tmp_path / "release")
    return tmp_path / "release"


def _names() -> list[str]:
    signed = [path.name for path in sorted(_BUILT.iterdir())]
    return [*signed, *(name + contents.SIGNATURE for name in signed), contents.ENVELOPE]


def test_what_was_signed_is_whole(release, pair):
    manifest = verify(release, pair[1], installed="1.0.0")
    image = (release / _IMAGE).read_bytes()
    assert is_sealed(image)
    assert (manifest["name"], manifest["target"], manifest["classes"][-1]) == ("voltage_event", "stm32l476", "normal")
    assert manifest["image"]["bytes"] == manifest["flash_bytes"] == len(image)
    assert {row["verdict"] for row in manifest["gates"]} <= {"held", "reported"} and len(manifest["gates"]) > 8
    assert {one["name"] for one in manifest["dependencies"]} > {"numpy", "gcc-arm-none-eabi", "libpython3.11-minimal"}
    assert {"voltage_event_weights.keras", "voltage_event_program.elf", "voltage_event.c"} <= manifest["artifacts"].keys()


def test_two_signings_have_the_same_bytes(release, pair, tmp_path):
    sign(_BUILT, pair[0], tmp_path / "again")
    assert sorted(path.name for path in release.iterdir()) == sorted(_names())
    for path in release.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def _change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", _names())
@pytest.mark.parametrize("tamper", (_change, _truncate, Path.unlink), ids=("changed", "truncated", "removed"))
def test_a_spoiled_file_is_named(release, pair, name, tamper):
    tamper(release / name)
    with pytest.raises(UserError, match=f"^{name.removesuffix(contents.SIGNATURE)}") as caught:
        verify(release, pair[1])
    assert "Fix: " in str(caught.value)


@pytest.mark.parametrize("name", ("manifest.json", "sbom.cdx.json", "provenance.json"))
def test_files_of_another_release_are_named(release, pair, tmp_path, name):
    """Signed by the same key, and so right by themselves."""
    sign(_OTHER, pair[0], tmp_path / "other")
    for suffix in ("", contents.SIGNATURE):
        shutil.copy(tmp_path / "other" / (name + suffix), release / (name + suffix))
    named = "provenance.json" if name == contents.MANIFEST else name  # the first that the other manifest has otherwise
    with pytest.raises(UserError, match=f"^{named}: "):
        verify(release, pair[1])


def test_another_releases_image_under_this_ones_name_is_named(release, pair, tmp_path):
    sign(_OTHER, pair[0], tmp_path / "other")
    for suffix in ("", contents.SIGNATURE):
        shutil.copy(tmp_path / "other" / f"shapes.bin{suffix}", release / (_IMAGE + suffix))
    with pytest.raises(UserError, match=f"^{_IMAGE}: is not what was signed; got .* bytes of SHA-256"):
        verify(release, pair[1])


def test_another_envelope_is_named(release, pair, tmp_path):
    sign(_OTHER, pair[0], tmp_path / "other")
    shutil.copy(tmp_path / "other" / contents.ENVELOPE, release)
    with pytest.raises(UserError, match=f"^{contents.ENVELOPE}: is not what was signed; got another statement"):
        verify(release, pair[1])


def test_what_another_key_signed_is_refused(release, tmp_path):
    with pytest.raises(UserError, match="^manifest.json: is not what was signed; got a signature that does not fit"):
        verify(release, _write_key(tmp_path, "other")[1])


def test_an_older_release_is_refused(release, pair):
    verify(release, pair[1], installed="0.9.12")
    with pytest.raises(UserError, match="^manifest.json: is not what was signed; got version 1.0.0, want at least 1.0.1"):
        verify(release, pair[1], installed="1.0.1")
    with pytest.raises(UserError, match="^version: not three numbers; got '2'"):
        verify(release, pair[1], installed="2")


def test_a_further_file_is_named(release, pair):
    (release / "run_me.sh").write_text("")
    with pytest.raises(UserError, match="^run_me.sh: is not what was signed; got a file that nobody signed"):
        verify(release, pair[1])


def test_an_envelope_can_be_verified_by_others(release, pair):
    """As the DSSE protocol says."""
    envelope = json.loads((release / contents.ENVELOPE).read_text())
    payload = base64.b64decode(envelope["payload"])
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    keys.public_key(pair[1]).verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
    statement = json.loads(payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["subject"][0]["name"] == _IMAGE


def test_documents_have_no_time_and_no_place(release):
    for name in (contents.MANIFEST, contents.SBOM, contents.PROVENANCE):
        text = (release / name).read_text()
        assert "timestamp" not in text and "Time" not in text and "/home" not in text and "/root" not in text


def test_the_sbom_tells_what_is_linked_from_what_builds(release):
    bill = json.loads((release / contents.SBOM).read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    required = {component["name"] for component in bill["components"] if component["scope"] == "required"}
    assert required == {"voltage_event_int8.tflite", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi"}
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references)) > 60


@pytest.mark.parametrize(("content", "found"), (
    (None, "No such file or directory"),
    (b"no key", "no such PEM"),
    (generate_private_key(65537, 2048).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                     serialization.NoEncryption()), "a .*RSAPrivateKey"),
))
def test_a_key_that_is_none_is_refused_and_nothing_written(tmp_path, content, found):
    key = tmp_path / "key.pem"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(UserError, match=f"key.pem: no Ed25519 key; got {found}.* Fix: openssl genpkey"):
        sign(_BUILT, key, tmp_path / "release")
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize(("text", "found"), (("no JSON", "no manifest; got JSONDecodeError"), ("[]", "no manifest; got TypeError"),
                                             ('{"schema": 7}', "written by other tools; got schema 7, want 1")))
def test_a_folder_that_is_no_release_is_refused(tmp_path, pair, text, found):
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / contents.MANIFEST).write_text(text)
    with pytest.raises(UserError, match=f"^manifest.json: {found}"):
        sign(tmp_path / "built", pair[0], tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_an_output_in_use_is_left_alone(release, pair):
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    with pytest.raises(UserError, match="is there already; got a path in use"):
        sign(_BUILT, pair[0], release)
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before


def test_a_release_with_a_failed_gate_is_not_described():
    report = json.loads((_BUILT / "voltage_event_report.json").read_text())
    report["rows"][0] |= {"verdict": "FAILED", "failure": "precision: too low"}
    image = (_IMAGE, (_BUILT / _IMAGE).read_bytes())
    arguments = ({"name": "x"}, report, {}, image, {}, {}, [], "stm32l476")
    with pytest.raises(UserError, match="release: a gate failed; got precision: too low"):
        describe.manifest("1.0.0", *arguments)
    with pytest.raises(UserError, match="version: not three numbers"):
        describe.manifest("1.0", *arguments)


def test_a_broken_lock_is_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("# comment\nnumpy==2.4.6\n")
    with pytest.raises(UserError, match="requirements.lock: line 2 locks nothing; got 'numpy==2.4.6'"):
        describe.dependencies(lock)
