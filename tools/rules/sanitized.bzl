"""sanitized_binary and sanitized_test: a host program and all that it is made of, under AddressSanitizer and UBSan.

Out-of-bounds accesses, use after free, overflow of signed integers, bad shifts, misaligned pointers and the like end the
program with a report and exit code 1. For executables only: a shared library cannot bring the sanitizers along.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")

# Leaks are found by tracing the program, which debuggers and some containers don't allow.
_ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}

def _sanitize_impl(settings, _attr):
    # Reports name files and lines only if the linker leaves the debug information in.
    return {
        "//command_line_option:features": settings["//command_line_option:features"] + ["sanitize"],
        "//command_line_option:strip": "never",
    }

sanitize_transition = transition(
    implementation = _sanitize_impl,
    inputs = ["//command_line_option:features"],
    outputs = [
        "//command_line_option:features",
        "//command_line_option:strip",
    ],
)

def _sanitized_impl(ctx):
    binary = ctx.attr.binary[0]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = executable, target_file = binary[DefaultInfo].files_to_run.executable, is_executable = True)
    return [
        DefaultInfo(executable = executable, runfiles = binary[DefaultInfo].default_runfiles),
        testing.TestEnvironment(_ENVIRONMENT),
    ]

_ATTRS = {
    "binary": attr.label(cfg = sanitize_transition, doc = "A cc_binary.", executable = True, mandatory = True),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

sanitized_binary = rule(
    implementation = _sanitized_impl,
    doc = "The cc_binary `binary` with sanitizers; what runs it sets ASAN_OPTIONS=detect_leaks=0.",
    attrs = _ATTRS,
    executable = True,
)

_sanitized_test = rule(
    implementation = _sanitized_impl,
    attrs = _ATTRS,
    test = True,
)

def sanitized_test(name, srcs, deps = [], copts = [], data = [], **kwargs):
    """A C program that must end with exit code 0 under the sanitizers.

    Args:
      name: the target's name.
      srcs: C files and headers.
      deps: cc_libraries.
      copts: further compiler flags.
      data: files that the program reads.
      **kwargs: as for any test (size, args, tags, ...).

    Emits:
      name: the test.
      name_program: the cc_binary, which is built without sanitizers when asked for by itself.
    """
    cc_binary(
        name = name + "_program",
        testonly = True,
        srcs = srcs,
        copts = copts,
        data = data,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps,
    )
    _sanitized_test(name = name, binary = name + "_program", **kwargs)
