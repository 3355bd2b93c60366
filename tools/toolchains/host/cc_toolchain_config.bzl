"""host_cc_toolchain_config: how GCC 12.2 compiles and links C for the machine that builds, x86-64 Linux."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "env_entry",
    "env_set",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
)

_ROOT = "external/host_gcc/"
_INCLUDES = ["usr/lib/gcc/x86_64-linux-gnu/12/include", "usr/include/x86_64-linux-gnu", "usr/include"]
_COMPILE = [ACTION_NAMES.c_compile, ACTION_NAMES.assemble, ACTION_NAMES.preprocess_assemble]
_LINK_EXECUTABLE = [ACTION_NAMES.cpp_link_executable]
_LINK = _LINK_EXECUTABLE + [ACTION_NAMES.cpp_link_dynamic_library, ACTION_NAMES.cpp_link_nodeps_dynamic_library]
_ALL = _COMPILE + _LINK + [ACTION_NAMES.cpp_link_static_library, ACTION_NAMES.strip]
_TOOLS = {"cpp": "gcc-12", "gcc": "gcc-12", "gcov": "gcov-12"}
_PLAIN_TOOLS = ["ar", "nm", "objcopy", "objdump", "strip"]

_COMPILE_FLAGS = [
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    # Debian's compiler makes its own include paths absolute, so it gets relative ones.
    "-nostdinc",
] + ["-isystem" + _ROOT + folder for folder in _INCLUDES] + [
    # The rest keeps paths and times of the building machine out of the objects.
    "-no-canonical-prefixes",
    "-fno-canonical-system-headers",
    "-gno-record-gcc-switches",
    "-ffile-prefix-map=" + _ROOT + "=",
    "-fdebug-prefix-map=/proc/self/cwd=.",
    "-Wno-builtin-macro-redefined",
    "-D__DATE__=\"redacted\"",
    "-D__TIME__=\"redacted\"",
    "-D__TIMESTAMP__=\"redacted\"",
]

_LINK_FLAGS = [
    "--sysroot=" + _ROOT,
    "-no-canonical-prefixes",
    "-static-libgcc",
    "-Wl,--build-id=none",
    "-Wl,--fatal-warnings",
]

# An error ends the program. GCC 12's AddressSanitizer reserves addresses that a position-independent program may be loaded at
# where the kernel randomises 32 bits of them.
_SANITIZE = ["-fsanitize=address,undefined"]
_SANITIZE_COMPILE_FLAGS = _SANITIZE + ["-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"]
_SANITIZE_LINK_FLAGS = _SANITIZE + ["-static-libasan", "-static-libubsan", "-no-pie"]

def _flags(actions, flags):
    return flag_set(actions = actions, flag_groups = [flag_group(flags = flags)])

def _host_cc_toolchain_config_impl(ctx):
    features = [
        feature(name = "library_path", enabled = True, env_sets = [env_set(
            actions = _ALL,
            env_entries = [
                env_entry("LD_LIBRARY_PATH", _ROOT + "tool_libs"),
                # The shell's idea of the working directory would become the debug information's.
                env_entry("PWD", "/proc/self/cwd"),
            ],
        )]),
        feature(name = "x86_64", enabled = True, flag_sets = [
            _flags(_COMPILE, _COMPILE_FLAGS),
            _flags(_LINK, _LINK_FLAGS),
        ]),
        feature(name = "supports_pic", enabled = True),
        # Off unless asked for; tools/rules/sanitized.bzl asks for a program and all that it is made of.
        feature(name = "sanitize", flag_sets = [
            _flags(_COMPILE, _SANITIZE_COMPILE_FLAGS),
            _flags(_LINK_EXECUTABLE, _SANITIZE_LINK_FLAGS),
        ]),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        features = features,
        cxx_builtin_include_directories = ["%package(@host_gcc//)%/" + folder for folder in _INCLUDES],
        toolchain_identifier = "x86_64-linux-gnu",
        host_system_name = "x86_64-linux-gnu",
        target_system_name = "x86_64-linux-gnu",
        target_cpu = "k8",
        target_libc = "glibc",
        compiler = "gcc",
        abi_version = "local",
        abi_libc_version = "glibc",
        tool_paths = [tool_path(name = name, path = "usr/bin/x86_64-linux-gnu-" + tool) for name, tool in _TOOLS.items()] +
                     [tool_path(name = name, path = "usr/bin/x86_64-linux-gnu-" + name) for name in _PLAIN_TOOLS] +
                     [tool_path(name = "ld", path = "usr/x86_64-linux-gnu/bin/ld")],
    )

host_cc_toolchain_config = rule(
    implementation = _host_cc_toolchain_config_impl,
    doc = "The CcToolchainConfigInfo of @host_gcc.",
    provides = [CcToolchainConfigInfo],
)
