"""pytest_test: a py_test whose sources are pytest files."""

load("@pip//:requirements.bzl", "requirement")
load("@rules_python//python:defs.bzl", "py_test")

def pytest_test(name, srcs, deps = [], data = [], args = [], **kwargs):
    """Runs pytest on `srcs`.

    Args:
      name: the test's name.
      srcs: pytest files (conftest.py among them if there is one).
      deps: libraries that the tests import.
      data: files that the tests read, by their path from the workspace root.
      args: further arguments for pytest.
      **kwargs: as for py_test (size, tags, env, ...).

    Emits:
      name: a py_test.
    """
    files = ["$(rootpath %s)" % source for source in srcs if not source.endswith("conftest.py")]
    py_test(
        name = name,
        srcs = srcs + ["//tools/pytest:main.py"],
        main = "//tools/pytest:main.py",
        args = files + args,
        data = data + srcs,
        deps = deps + [requirement("pytest")],
        **kwargs
    )
