"""Runs pytest on the test files of one Bazel target; the main module of every pytest_test.

Arguments: files or pytest options. Bazel's --test_filter becomes pytest's -k, its XML_OUTPUT_FILE the JUnit report.
"""

import os
import sys

import pytest


def main(arguments: list[str]) -> int:
    """pytest's exit code; a target that collects no test fails (5)."""
    options = ["--import-mode=importlib", "-p", "no:cacheprovider", "--color=no", "-ra"]
    if "XML_OUTPUT_FILE" in os.environ:
        options.append(f"--junitxml={os.environ['XML_OUTPUT_FILE']}")
    if "TESTBRIDGE_TEST_ONLY" in os.environ:
        options += ["-k", os.environ["TESTBRIDGE_TEST_ONLY"]]
    if "TEST_TMPDIR" in os.environ:
        options.append(f"--basetemp={os.environ['TEST_TMPDIR']}/pytest")
    return int(pytest.main([*options, *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
