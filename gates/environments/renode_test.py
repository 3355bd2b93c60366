"""The driver of Renode's console, with a console of ours in Renode's place: it keeps a UART that echoes what it is sent."""

from pathlib import Path

import pytest

from gates.environments import renode
from tools.errors import UserError

# As Renode's, it repeats a command before it carries it out.
CONSOLE = r"""#!/bin/sh
pending=
while read -r line; do
  printf '(edgeplug) %s\n' "$line"
  case $line in
    'echo '*) word=${line#echo ?}; echo "${word%?}" ;;
    *CreateFileBackend*) file=${line#*@}; file=${file% true} ;;
    *WriteChar*) pending=$pending$(printf '\\%03o' "${line##* }") ;;
    *RunFor*) printf "$pending" >> "$file"; pending= ;;
    *missing.bin) echo 'No such file missing.bin'; exit 1 ;;
  esac
done
"""


@pytest.fixture(name="console")
def console_fixture(tmp_path: Path) -> str:
    path = tmp_path / "renode"
    path.write_text(CONSOLE)
    path.chmod(0o755)
    return str(path)


def test_bytes_go_there_and_back(console: str, tmp_path: Path) -> None:
    with renode.running(tmp_path / "image.bin", "stm32l476", console) as transport:
        transport.send(bytes(range(256)))
        assert transport.receive(6) == bytes(range(6))
        assert transport.receive(250) == bytes(range(6, 256))
        transport.send(b"again")
        assert transport.receive(5) == b"again"
        assert transport.receive(1) == b"", "silence"


def test_a_renode_that_ends_says_why(console: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="renode: ended or hung; got 'No such file missing.bin', want a running machine"):
        with renode.running(tmp_path / "missing.bin", "stm32l476", console):
            pass


def test_a_renode_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "renode"
    path.write_text("#!/bin/sh\necho thinking\nexec sleep 600\n")
    path.chmod(0o755)
    monkeypatch.setattr(renode, "COMMAND_LIMIT_S", 0.5)
    with pytest.raises(UserError, match="renode: ended or hung; got 'thinking', want a running machine"):
        with renode.running(tmp_path / "image.bin", "stm32l476", str(path)):
            pass


def test_another_board_is_refused(console: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"renode: has no such board; got 'netduinoplus2', want one of \['stm32l476'\]"):
        with renode.running(tmp_path / "image.bin", "netduinoplus2", console):
            pass


def test_renode_is_the_one_that_bazel_found(console: str, tmp_path: Path) -> None:
    found = tmp_path / "program.txt"
    found.write_text(console)
    assert renode.program({"RENODE": "/elsewhere/renode", "PATH": ""}, (tmp_path / "none.txt", found)) == console
    found.write_text("")
    assert renode.installed({"RENODE": console, "PATH": str(tmp_path)}, (found,)) is None
    found.write_text("/gone/renode")
    with pytest.raises(UserError, match="renode: is not there; got /gone/renode, want Renode 1.16.1. Fix: "):
        renode.program({}, (found,))


def test_without_bazel_renode_is_found_by_its_variable_and_then_on_path(console: str, tmp_path: Path) -> None:
    assert renode.program({"RENODE": console, "PATH": ""}, ()) == console
    assert renode.program({"PATH": str(tmp_path)}, ()) == console
    with pytest.raises(UserError, match="renode: is not there; got /nowhere/renode, want Renode 1.16.1"):
        renode.program({"RENODE": "/nowhere/renode", "PATH": str(tmp_path)}, ())
    with pytest.raises(UserError, match="renode: is not there; got None"):
        renode.program({"PATH": "/nowhere"}, ())
