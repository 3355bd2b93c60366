"""artifact_lock: a network's artifacts held against the hashes that are committed for it."""

load("@rules_python//python:defs.bzl", "py_binary", "py_test")

_TOOL = "//gates/reproducibility:lock.py"
_LIBRARY = "//gates/reproducibility:lock_library"

def artifact_lock(name, artifacts, lock, visibility):
    """Holds files against a committed JSON of their hashes.

    Args:
      name: the network's name.
      artifacts: labels of the files, in the order in which they are made.
      lock: the JSON, a file of this package.
      visibility: of what follows.

    Emits:
      name_locked: the files. name_lock_test: fails at the first with other bytes.
      name_lock: for `bazel run`: writes the JSON anew.
    """
    locked = name + "_locked"
    native.filegroup(name = locked, srcs = artifacts)
    args = [
        "$(rootpaths %s)" % locked,
        "--lock=%s/%s" % (native.package_name(), lock),
        "'--update_command=bazel run //%s:%s_lock'" % (native.package_name(), name),
    ]

    # Another library links other code: then no machine can run these.
    own = select({
        "//cmsis:own_kernels": [],
        "//conditions:default": ["//tools/platforms:cortex_m4"],
    })
    py_test(
        name = name + "_lock_test",
        size = "small",
        srcs = [_TOOL],
        args = args,
        data = [locked, lock],
        main = _TOOL,
        target_compatible_with = own,
        visibility = visibility,
        deps = [_LIBRARY],
    )
    py_binary(
        name = name + "_lock",
        srcs = [_TOOL],
        args = args + ["--update"],
        data = [locked],
        main = _TOOL,
        target_compatible_with = own,
        visibility = visibility,
        deps = [_LIBRARY],
    )
