"""A real remote cache, nginx on loopback, shared by two builds that have nothing else in common.

The first workspace is a copy at another path, built (where the test runs as root) by another user on a host of another name on one core,
in a hostile environment; it fills the cache. The second is one more copy, built by this user in a plain environment.
"""

import filecmp
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tools.hermeticity.workspace import HOSTILE, NOBODY, Workspace, copy_workspace, executed, process_kinds
from tools.remote.servers import GarbageServer, Nginx

_TARGET, _IMAGE = "//firmware:model_bin", "model/voltage_event/voltage_event.bin"
_ROOT = os.geteuid() == 0


@pytest.fixture(name="folder", scope="module")
def _folder():
    # Another user can't enter the test's own folder.
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="edgeplug-remote-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(name="cache", scope="module")
def _cache(folder):
    server = Nginx(folder / "cache")
    yield server
    server.stop()


@pytest.fixture(name="stranger", scope="module")
def _stranger(folder, cache):
    state = folder / "stranger"
    environment = {**HOSTILE, "EDGEPLUG_REMOTE_CACHE": cache.address, "EDGEPLUG_REMOTE_UPLOAD": "1"}
    workspace = Workspace(state, copy_workspace(folder / "elsewhere" / "deeper" / "clone"), environment, NOBODY if _ROOT else (), 0o027)
    if _ROOT:
        for path in (state, workspace.home, workspace.root):
            shutil.chown(path, 65534, 65534)
    yield workspace
    workspace.close()


@pytest.fixture(name="own", scope="module")
def _own(folder, cache):
    workspace = Workspace(folder / "own", copy_workspace(folder / "clone"), {"EDGEPLUG_REMOTE_CACHE": cache.address})
    yield workspace
    workspace.close()


def _same_image(workspace: Workspace) -> bool:
    return filecmp.cmp(workspace.output(_IMAGE), _IMAGE, shallow=False)


def test_a_stranger_builds_the_same_image_and_fills_the_cache(stranger, cache):
    log = stranger.build(_TARGET)
    assert "linux-sandbox" in process_kinds(log), log
    assert _same_image(stranger)
    assert hashlib.sha256(Path(_IMAGE).read_bytes()).hexdigest() in {name.split("/")[-1] for name in cache.stored()}


def test_every_action_of_another_clone_comes_from_the_cache(own, cache, tmp_path):
    own.bazel("fetch", _TARGET)
    before = cache.stored().keys()
    began = time.monotonic()
    log = own.build(f"--execution_log_json_file={tmp_path / 'log.json'}", _TARGET)
    print(f"clean clone from the warm cache: {time.monotonic() - began:.1f} s, {process_kinds(log)}")
    assert executed(tmp_path / "log.json") == []
    assert process_kinds(log).keys() == {"remote cache hit", "internal"}, log
    assert _same_image(own)
    assert cache.stored().keys() == before, "without EDGEPLUG_REMOTE_UPLOAD=1 nothing may be stored"


def test_a_corrupt_blob_is_never_shipped(own, cache):
    image = Path(_IMAGE).read_bytes()
    blob = cache.blobs / "cas" / hashlib.sha256(image).hexdigest()
    blob.write_bytes(bytes([image[0] ^ 1]) + image[1:])
    own.bazel("clean")
    log = own.build(_TARGET)
    assert _same_image(own), log
    assert "linux-sandbox" in process_kinds(log), "what made the image has to run again"


def test_a_build_ends_right_when_its_cache_dies(own, cache):
    own.bazel("clean")
    cache.empty()
    process = own.start("build", "--symlink_prefix=/", "--color=no", "--curses=no", "--remote_upload_local_results=true", _TARGET)
    for _ in range(600):  # the first action's result is there: the build is in the middle
        if cache.stored():
            break
        time.sleep(0.1)
    cache.stop()
    assert process.poll() is None, "the build ended before its cache died"
    log, _ = process.communicate()
    cache.start()
    assert process.returncode == 0, log
    assert _same_image(own)


def test_a_server_that_answers_garbage_costs_nothing_but_time(own):
    server = GarbageServer()
    own.bazel("clean")
    log = own.build(f"--remote_cache={server.address}", _TARGET)
    server.stop()
    assert _same_image(own), log
    assert "linux-sandbox" in process_kinds(log), log
