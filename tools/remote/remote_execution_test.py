"""The whole build and all gates on a real executor, buildbox-casd on loopback: the bytes are those of a local build."""

import filecmp
import time

import pytest

from tools.hermeticity.workspace import Workspace, copy_workspace, executed, process_kinds
from tools.remote.servers import Executor

_TARGET, _IMAGE = "//firmware:model_bin", "model/voltage_event/voltage_event.bin"
_GATES = "//model/voltage_event:voltage_event_gates"
_BUDGET_SECONDS = 600  # for a call: uploading the inputs of an action with TensorFlow takes its time


@pytest.fixture(name="executor", scope="module")
def _executor(tmp_path_factory):
    server = Executor(tmp_path_factory.mktemp("executor") / "state")
    yield server
    server.stop()


@pytest.fixture(name="flags", scope="module")
def _flags(executor) -> tuple[str, ...]:
    return (f"--remote_executor={executor.address}", "--spawn_strategy=remote", "--genrule_strategy=remote",
            "--strategy=TestRunner=remote", f"--remote_timeout={_BUDGET_SECONDS}", "--jobs=4")


@pytest.fixture(name="workspace", scope="module")
def _workspace(tmp_path_factory):
    # A copy has no user.bazelrc, whose caches don't go together with an executor.
    folder = tmp_path_factory.mktemp("remote")
    made = Workspace(folder / "state", copy_workspace(folder / "clone"))
    yield made
    made.close()


def test_the_image_is_built_remotely(workspace, flags):
    log = workspace.build(*flags, _TARGET)
    kinds = process_kinds(log)
    print(f"built remotely: {kinds}")
    assert kinds.keys() <= {"remote", "internal", "remote cache hit"} and kinds["remote"] > 100, log
    assert filecmp.cmp(workspace.output(_IMAGE), _IMAGE, shallow=False)


def test_the_gates_hold_remotely(workspace, flags):
    log = workspace.bazel("test", "--symlink_prefix=/", "--color=no", "--curses=no", *flags, _GATES)
    kinds = process_kinds(log)
    print(f"judged remotely: {kinds}")
    assert kinds.keys() <= {"remote", "internal", "remote cache hit"}, log
    for name in ("precision", "timing", "size", "adversarial"):
        file = f"model/voltage_event/voltage_event_{name}.json"
        assert filecmp.cmp(workspace.output(file), file, shallow=False), name


def test_the_grpc_cache_serves_another_state(executor, tmp_path):
    other = Workspace(tmp_path / "state", copy_workspace(tmp_path / "clone"))
    other.bazel("fetch", _TARGET)
    began = time.monotonic()
    other.build(f"--remote_cache={executor.address}", f"--remote_timeout={_BUDGET_SECONDS}", "--remote_upload_local_results=false",
                f"--execution_log_json_file={tmp_path / 'log.json'}", _TARGET)
    print(f"from the gRPC cache: {time.monotonic() - began:.1f} s")
    assert executed(tmp_path / "log.json") == []
    assert filecmp.cmp(other.output(_IMAGE), _IMAGE, shallow=False)
    other.close()
