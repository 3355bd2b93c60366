"""tools/bazel and bazelw, against a Bazel that records how it was called."""

import os
import pathlib
import subprocess

import pytest

_FAKE_BAZEL = """#!/bin/sh
[ "$1" = --version ] && { echo "$FAKE_VERSION"; exit 0; }
printf '%s\\n' "$@" > "$RECORD"
for argument in "$@"; do
  case $argument in --build_event_json_file=*) cat "$EVENTS" > "${argument#*=}" ;; esac
done
exit "${FAKE_STATUS:-0}"
"""


class Launcher:
    """Runs a launcher in a folder of its own; `arguments` are those that reached Bazel."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.record = folder / "record"
        self.events = folder / "events"
        self.events.write_text("")
        self.fake = folder / "bazel"
        self.fake.write_text(_FAKE_BAZEL)
        self.fake.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        df = self.folder / "bin" / "df"
        df.parent.mkdir(exist_ok=True)
        df.write_text('#!/bin/sh\nprintf "Filesystem 1024-blocks Used Available\\ntmpfs 0 0 $FREE_KIB\\n"\n')
        df.chmod(0o755)
        variables = {
            "FREE_KIB": "65536",
            "PATH": f"{df.parent}:{os.environ['PATH']}",
            "RECORD": str(self.record),
            "EVENTS": str(self.events),
            "FAKE_VERSION": "bazel 4.2.3",
            "TMPDIR": str(self.folder),
            "BAZEL_REAL": str(self.fake),
        }
        command = [os.path.abspath(script), *arguments]
        return subprocess.run(command, env=variables | environment, capture_output=True, text=True, check=False)

    @property
    def arguments(self) -> list[str]:
        return self.record.read_text().splitlines()

    def report_image(self) -> None:
        """Lets Bazel report a built image with its line."""
        folder = self.folder / "execroot" / "edgeplug" / "bazel-out" / "bin"
        folder.mkdir(parents=True)
        (folder / "net.summary.txt").write_text("net: 9,000 B flash\n")
        self.events.write_text(f'{{"namedSetOfFiles":{{"files":[{{"uri":"file://{folder}/net.summary.txt"}}]}}}}\n')


@pytest.fixture
def launcher(tmp_path: pathlib.Path) -> Launcher:
    return Launcher(tmp_path)


def test_a_build_ends_with_the_line_about_its_image(launcher):
    launcher.report_image()
    result = launcher.run("tools/bazel", "--batch", "build", "--", "//firmware:model_bin")
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == "Image bazel-out/bin/net.bin: net: 9,000 B flash"
    assert launcher.arguments[:2] == ["--batch", "build"]
    assert launcher.arguments[2].startswith("--build_event_json_file=")
    assert launcher.arguments[3:] == ["--", "//firmware:model_bin"]
    assert list(launcher.folder.glob("edgeplug-events*")) == []


@pytest.mark.parametrize(("switch", "flag"), [({}, "false"), ({"EDGEPLUG_REMOTE_UPLOAD": "0"}, "false"),
                                             ({"EDGEPLUG_REMOTE_UPLOAD": "1"}, "true")])
def test_a_shared_cache_is_read_only_unless_asked_for(launcher, switch, flag):
    launcher.run("tools/bazel", "test", "//x", EDGEPLUG_REMOTE_CACHE="http://cache:8080", **switch)
    assert launcher.arguments[2:] == ["--remote_cache=http://cache:8080", f"--remote_upload_local_results={flag}", "//x"]


def test_without_an_address_there_is_no_cache(launcher):
    launcher.run("tools/bazel", "test", "//x", EDGEPLUG_REMOTE_UPLOAD="1")
    assert launcher.arguments[2:] == ["//x"]


def test_a_switch_that_is_none_is_refused(launcher):
    result = launcher.run("tools/bazel", "build", "//x", EDGEPLUG_REMOTE_CACHE="http://cache:8080", EDGEPLUG_REMOTE_UPLOAD="yes")
    assert result.returncode == 2 and not launcher.record.exists()
    assert "tools/bazel: EDGEPLUG_REMOTE_UPLOAD is no switch; got 'yes', want 0 or 1. Fix: set it to 1" in result.stderr


def test_sandboxes_lie_in_memory_where_it_is_large_enough(launcher):
    launcher.run("tools/bazel", "build", "//x", FREE_KIB="2000000")
    assert launcher.arguments[2:] == ["--sandbox_base=/dev/shm", "//x"]


def test_a_build_without_image_adds_nothing(launcher):
    assert launcher.run("tools/bazel", "build", "//cmsis/...").stdout == ""


def test_start_up_options_may_have_a_value_of_their_own(launcher):
    launcher.run("tools/bazel", "--output_base", "/x", "build", "//a")
    assert launcher.arguments[:3] == ["--output_base", "/x", "build"]
    assert launcher.arguments[3].startswith("--build_event_json_file=")


def test_the_exit_code_is_bazel_s(launcher):
    assert launcher.run("tools/bazel", "test", "//...", FAKE_STATUS="3").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [["query", "//..."], ["info"], ["build", "//a", "--build_event_json_file=/dev/null"], []],
)
def test_other_calls_pass_unchanged(launcher, arguments):
    assert launcher.run("tools/bazel", *arguments).returncode == 0
    assert launcher.record.read_text().split() == arguments


def test_arguments_with_spaces_stay_whole(launcher):
    launcher.run("tools/bazel", "test", "--test_arg=a b", "//x")
    assert launcher.arguments[2:] == ["--test_arg=a b", "//x"]


def test_another_bazel_is_refused_by_name(launcher):
    result = launcher.run("tools/bazel", "build", FAKE_VERSION="bazel 8.1.0")
    assert result.returncode == 2
    assert "needs Bazel 4.2; got 'bazel 8.1.0'" in result.stderr
    assert "Fix: apt-get install bazel-bootstrap" in result.stderr


def test_bazelw_hands_over_to_the_bazel_on_path(launcher):
    result = launcher.run("bazelw", "build", "//x y", PATH=f"{launcher.folder}:{os.environ['PATH']}")
    assert result.returncode == 0
    assert launcher.arguments == ["build", "//x y"]


def test_bazelw_without_bazel_and_without_apt_says_what_to_do(launcher):
    tools = launcher.folder / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to("/bin/sh")
    result = launcher.run("bazelw", "build", PATH=str(tools))
    assert result.returncode == 2
    assert "Bazel is not on PATH, and this is no Debian. Fix:" in result.stderr


def test_bazelw_installs_bazel_as_root(launcher):
    tools = launcher.folder / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "cp", "chmod"):
        (tools / name).symlink_to(f"/bin/{name}")
    (tools / "id").write_text("#!/bin/sh\necho 0\n")
    # The install puts Bazel on PATH, as the package would.
    apt = f'#!/bin/sh\necho "apt-get $*"\n[ "$1" != install ] || cp "{launcher.fake}" "{tools}/bazel"\n'
    (tools / "apt-get").write_text(apt)
    for name in ("id", "apt-get"):
        (tools / name).chmod(0o755)
    result = launcher.run("bazelw", "info", PATH=str(tools))
    assert "bazelw: installing the Debian packages bazel-bootstrap ca-certificates" in result.stderr
    assert "apt-get install --yes --no-install-recommends bazel-bootstrap ca-certificates" in result.stderr
    assert launcher.arguments == ["info"]


def test_bazelw_as_ordinary_user_names_the_command(launcher):
    tools = launcher.folder / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to("/bin/sh")
    for name, text in (("id", "echo 1000"), ("apt-get", "exit 1")):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    result = launcher.run("bazelw", "build", PATH=str(tools))
    assert result.returncode == 2
    assert "installing it takes root. Fix: sudo apt-get update" in result.stderr
