"""nested_bazel_test: a test that starts Bazel within Bazel, on this workspace or a copy of it."""

load("//tools/pytest:defs.bzl", "pytest_test")

def nested_bazel_test(name, size, data = [], deps = []):
    """A pytest of NAME.py, which says what it may cost; run it by its label, `//...` leaves it out.

    Args:
      name: the test's name.
      size: as of any test.
      data: what it compares with, built outside.
      deps: further py_libraries.
    """
    pytest_test(
        name = name,
        size = size,
        srcs = [name + ".py"],
        data = data + ["//:WORKSPACE"],
        tags = [
            "external",
            "local",
            "manual",
            "requires-network",
            "slow",
        ],
        deps = deps + ["//tools/hermeticity:workspace"],
    )
