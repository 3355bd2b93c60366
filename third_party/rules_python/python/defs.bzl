"""The names of rules_python's public API that this workspace uses, mapped to Bazel's native rules.

The real rules_python lives on GitHub, which the build does not reach. BUILD files load from here exactly as from
the real one, so that it can take this folder's place (see ../../README.md).
"""

load("@bazel_tools//tools/python:toolchain.bzl", _py_runtime_pair = "py_runtime_pair")

py_binary = native.py_binary
py_library = native.py_library
py_runtime = native.py_runtime
py_runtime_pair = _py_runtime_pair
py_test = native.py_test
