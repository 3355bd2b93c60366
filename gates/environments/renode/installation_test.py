"""renode_installation.bzl finds Renode, fetches it or does without; in a Bazel of its own, with a script in Renode's place.

The script is only ever found, never run. A server on the loopback interface stands for the release's; it counts downloads.
"""

import hashlib
import http.server
import io
import os
import pathlib
import subprocess
import tarfile
import threading
from collections.abc import Iterator

import pytest

RULE = pathlib.Path("gates/environments/renode/renode_installation.bzl")
SCRIPT = b"#!/bin/sh\nexit 1\n"

WORKSPACE = """workspace(name = "edgeplug")

[local_repository(name = name, path = "empty") for name in ["rules_cc", "rules_java", "rules_proto", "remote_coverage_tools"]]

load("//gates/environments/renode:renode_installation.bzl", "renode_installation")

renode_installation(name = "renode", url = "{url}", sha256 = "{sha256}", folder = "release")
"""
BUILD = """load(":probe_test.bzl", "probe_test")

genrule(name = "program", srcs = ["@renode//:program.txt"], outs = ["program_of_renode.txt"], cmd = "cp $< $@")

genrule(name = "unrelated", outs = ["unrelated.txt"], cmd = "echo > $@")

probe_test(name = "probe_test", target_compatible_with = ["@renode//:required"])
"""
PROBE_TEST = """def _impl(ctx):
    runner = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(runner, "#!/bin/sh\\n", is_executable = True)
    return [DefaultInfo(executable = runner)]

probe_test = rule(implementation = _impl, test = True)
"""
RENODE_BUILD = """package(default_visibility = ["//visibility:public"])

constraint_setting(name = "renode")

constraint_value(name = "present", constraint_setting = ":renode")
"""
EMPTY_BUILD = """package(default_visibility = ["//visibility:public"])

[filegroup(name = name) for name in ["coverage_report_generator", "lcov_merger"]]
"""


def archive() -> bytes:
    """A release: a folder with a program `renode`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("release/renode")
        entry.size, entry.mode = len(SCRIPT), 0o755
        tar.addfile(entry, io.BytesIO(SCRIPT))
    return packed.getvalue()


ARCHIVE = archive()


class Releases(http.server.BaseHTTPRequestHandler):
    """Serves ARCHIVE, unless `online` is false; `downloads` counts the requests."""

    online = False
    downloads = 0

    def do_GET(self) -> None:
        type(self).downloads += 1
        self.send_response(200 if self.online else 404)
        self.end_headers()
        if self.online:
            self.wfile.write(ARCHIVE)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def tools_without_renode(folder: pathlib.Path) -> pathlib.Path:
    """A folder with everything on PATH but a Renode that this machine may really have."""
    folder.mkdir()
    for directory in map(pathlib.Path, os.environ["PATH"].split(os.pathsep)):
        for tool in directory.iterdir() if directory.is_dir() else ():
            if tool.name != "renode" and not (folder / tool.name).is_symlink():
                (folder / tool.name).symlink_to(tool)
    return folder


class Bazel:
    """A Bazel with a small workspace and a state of its own."""

    def __init__(self, folder: pathlib.Path, port: int) -> None:
        self.root, self._output = folder / "workspace", folder / "output"
        self._home = folder / "home"
        self._url = f"http://127.0.0.1:{port}/renode.tar.gz"
        self._home.mkdir()
        self.path = str(tools_without_renode(folder / "tools"))
        files = {"BUILD": BUILD, "probe_test.bzl": PROBE_TEST, "empty/BUILD": EMPTY_BUILD, "empty/WORKSPACE": "",
                 str(RULE): RULE.read_text(), str(RULE.with_name("BUILD")): RENODE_BUILD}
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def pin(self, sha256: str, url: str | None = None) -> None:
        """Lets the workspace expect an archive with this hash."""
        (self.root / "WORKSPACE").write_text(WORKSPACE.format(url=url or self._url, sha256=sha256))

    def __call__(self, command: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        line = ["bazel", f"--output_user_root={self._output}", "--max_idle_secs=60", command, *arguments]
        variables = {"HOME": str(self._home), "PATH": self.path, "USER": "nobody"} | environment
        return subprocess.run(line, cwd=self.root, env=variables, capture_output=True, text=True, check=False)

    def found(self, **environment: str) -> tuple[str, str]:
        """The program that was found, and what became of the test that needs it."""
        done = self("test", "--noshow_progress", "--spawn_strategy=local", "//:all", **environment)
        assert done.returncode in (0, 4), done.stderr
        (verdict,) = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("//:probe_test")]
        return (self.root / "bazel-bin/program_of_renode.txt").read_text(), verdict


@pytest.fixture(name="bazel", scope="module")
def bazel_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bazel]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Releases) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bazel = Bazel(tmp_path_factory.mktemp("nested"), server.server_port)
        yield bazel
        bazel("shutdown")
        server.shutdown()


@pytest.fixture(name="online")
def online_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Releases, "online", True)


@pytest.fixture(name="renode")
def renode_fixture(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "renode"
    path.write_bytes(SCRIPT)
    path.chmod(0o755)
    return str(path)


def test_what_does_not_need_renode_does_not_look_for_it(bazel: Bazel) -> None:
    bazel.pin("1" * 64)
    before = Releases.downloads
    assert bazel("build", "//:unrelated", RENODE="/nowhere/renode").returncode == 0
    assert Releases.downloads == before


def test_without_renode_the_test_is_skipped_by_name_and_the_download_is_tried_once(bazel: Bazel, tmp_path: pathlib.Path) -> None:
    bazel.pin("2" * 64)
    before = Releases.downloads
    assert bazel.found() == ("", "SKIPPED")
    assert Releases.downloads == before + 1
    assert bazel.found() == ("", "SKIPPED")
    assert bazel.found(PATH=f"{tmp_path}:{bazel.path}") == ("", "SKIPPED"), "looked for anew on another PATH"
    bazel("shutdown")
    assert bazel.found() == ("", "SKIPPED"), "looked for anew by another server"
    assert Releases.downloads == before + 1


def test_renode_on_another_path_is_noticed_and_needs_no_download(bazel: Bazel, renode: str) -> None:
    bazel.pin("3" * 64)
    before = Releases.downloads
    assert bazel.found(PATH=f"{os.path.dirname(renode)}:{bazel.path}") == (renode, "PASSED")
    assert Releases.downloads == before
    assert bazel.found() == ("", "SKIPPED")


def test_the_variable_is_noticed_and_goes_before_path(bazel: Bazel, renode: str) -> None:
    bazel.pin("4" * 64)
    assert bazel.found() == ("", "SKIPPED")
    other = pathlib.Path(renode).with_name("other")
    other.write_bytes(SCRIPT)
    other.chmod(0o755)
    assert bazel.found(RENODE=str(other), PATH=f"{os.path.dirname(renode)}:{bazel.path}") == (str(other), "PASSED")


@pytest.mark.parametrize("named", ["/nowhere/renode", "/tmp", "/dev/null", "renode"])
def test_a_variable_that_names_no_program_is_an_error(bazel: Bazel, named: str) -> None:
    bazel.pin("5" * 64)
    done = bazel("test", "//:all", RENODE=named)
    assert done.returncode != 0
    assert (f"@renode: RENODE names no program; got {named}, want the absolute path of Renode's program. "
            "Fix: correct or unset RENODE") in done.stderr


def test_a_release_with_another_hash_is_not_taken(bazel: Bazel, online: None) -> None:
    bazel.pin("6" * 64)
    before = Releases.downloads
    assert bazel.found() == ("", "SKIPPED")
    assert Releases.downloads > before


def test_a_host_that_cannot_be_reached_is_not_asked_for_a_download(bazel: Bazel) -> None:
    """Nothing listens at port 9: Bazel itself would try eight times."""
    bazel.pin("7" * 64, "http://127.0.0.1:9/renode.tar.gz")
    done = bazel("test", "--noshow_progress", "//:all")
    assert "SKIPPED" in done.stdout and "WARNING: Download" not in done.stderr


def test_a_release_that_can_be_had_is_fetched_once_and_used(bazel: Bazel, online: None) -> None:
    bazel.pin(hashlib.sha256(ARCHIVE).hexdigest())
    before = Releases.downloads
    program, verdict = bazel.found()
    assert verdict == "PASSED" and pathlib.Path(program).read_bytes() == SCRIPT and os.access(program, os.X_OK)
    assert bazel.found(PATH=f"/nowhere:{bazel.path}") == (program, "PASSED")
    assert Releases.downloads == before + 1


def test_a_download_is_tried_again_on_request(bazel: Bazel) -> None:
    bazel.pin("8" * 64)
    assert bazel.found() == ("", "SKIPPED")
    before = Releases.downloads
    done = bazel("sync", "--only=renode_release")
    assert done.returncode == 0, done.stderr
    assert Releases.downloads > before
