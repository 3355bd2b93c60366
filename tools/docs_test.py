"""The documentation names nothing that is not there.

Reads the workspace itself, not its runfiles: any file may be the target of a link.
"""

import pathlib
import re
import subprocess

import pytest

_ROOT = pathlib.Path("WORKSPACE").resolve().parent
_PAGES = [
    page
    for page in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=_ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (_ROOT / page).exists()
]
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_LABEL = re.compile(r"(?<![:\w])//([a-z_][\w/]*)?(?::([\w.]+))?(?=[\s`,;)]|$)")


def text(page: str) -> str:
    return (_ROOT / page).read_text()


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(page):
    folder = (_ROOT / page).parent
    links = [link for link in _LINK.findall(text(page)) if not link.startswith("http")]
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("page", _PAGES)
def test_packages_of_labels_exist(page):
    packages = {package for package, _ in _LABEL.findall(text(page)) if package and package != "your"}
    assert [package for package in sorted(packages) if not (_ROOT / package / "BUILD").exists()] == []


@pytest.mark.parametrize("page", _PAGES)
def test_no_placeholder_is_left(page):
    assert re.findall(r"@[A-Z_]{3,}@", text(page)) == []


def test_the_readme_is_short():
    assert len(text("README.md").splitlines()) < 150
