"""Broken locks and wrong hashes stop the fetching with the name of the thing, and leave nothing that a later build would take.

A copy of the workspace fetches its two smallest repositories, one of Debian packages and one of wheels, after each edit of their locks,
and at last from the locks as they are.
"""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tools.hermeticity.workspace import Workspace, copy_workspace

_DEBS, _WHEELS = "third_party/bubblewrap/debs.lock", "third_party/remote/requirements.lock"
_WRONG = "0" * 64

# What is broken; the lock; what is replaced by what; what the error must say.
_BROKEN = (
    ("a wrong hash of a package", _DEBS, r"[0-9a-f]{64}\n", f"{_WRONG}\n",
     f"@bubblewrap: cannot fetch bubblewrap=.* with sha256 {_WRONG}.*Fix: .*//third_party/debian:update"),
    ("a package whose line was cut", _DEBS, r" [0-9a-f]{64}\n", "\n",
     "@bubblewrap: malformed line in //third_party/bubblewrap:debs.lock; got .*bubblewrap.*, want `package version path sha256`. Fix: "),
    ("a version that no site has", _DEBS, r"bubblewrap \S+ pool/\S+", "bubblewrap 0.0.1-1 pool/main/b/bubblewrap/gone.deb",
     "@bubblewrap: cannot fetch bubblewrap=0.0.1-1.*Fix: apt-get update; if the version is gone"),
    ("a wrong hash of a wheel", _WHEELS, r"sha256:[0-9a-f]{64}", f"sha256:{_WRONG}",
     r"@remote_pip: pip cannot install //third_party/remote:requirements.lock: .*DO NOT MATCH.*Fix: if a hash is wrong.*"),
    ("a wheel without a hash", _WHEELS, r" *\\?\n? *--hash=sha256:[0-9a-f]{64}", "",
     "@remote_pip: pip cannot install //third_party/remote:requirements.lock: .*Hashes are required.*Fix: "),
    ("no lock at all", _WHEELS, r"(?s).*", "garbage in the lock\n",
     "@remote_pip: pip cannot install //third_party/remote:requirements.lock: .*Invalid requirement.*Fix: "),
)


@pytest.fixture(name="clone", scope="module")
def _clone():
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="edgeplug-locks-"))
    made = Workspace(folder / "state", copy_workspace(folder / "clone"))
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def _repository(lock):
    return "bubblewrap" if lock == _DEBS else "remote_pip"


def _fetched(clone, lock):
    """The files of the lock's repository, without what Bazel itself notes."""
    tree = Path(clone.bazel("info", "output_base").strip().splitlines()[-1], "external", _repository(lock))
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("what", "lock", "old", "new", "wanted"), _BROKEN, ids=[broken[0] for broken in _BROKEN])
def test_a_broken_lock_is_named_and_nothing_is_taken(clone, what, lock, old, new, wanted):
    path = clone.root / lock
    whole = path.read_text(encoding="utf-8")
    broken = re.sub(old, new, whole, count=1)
    assert broken != whole, what
    path.write_text(broken, encoding="utf-8")
    try:
        for _ in range(2):  # the second time it must not take what the first one left
            process = clone.start("build", "--color=no", "--curses=no", f"@{_repository(lock)}//...")
            output, _ = process.communicate()
            assert process.returncode != 0, output
            assert re.search(wanted, output, re.DOTALL), output
    finally:
        path.write_text(whole, encoding="utf-8")


@pytest.mark.parametrize("lock", [_DEBS, _WHEELS])
def test_the_locks_as_they_are_bring_the_whole_tree_afterwards(clone, lock):
    clone.bazel("fetch", f"@{_repository(lock)}//...")
    first = _fetched(clone, lock)
    clone.bazel("sync", f"--only={_repository(lock)}")
    assert len(first) >= 5 and _fetched(clone, lock) == first
