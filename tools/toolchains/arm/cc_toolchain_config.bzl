"""arm_cc_toolchain_config: how arm-none-eabi-gcc 12.2 compiles and links for a Cortex-M4 with its FPU."""

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

_ROOT = "external/arm_gcc/"
_COMPILE = [ACTION_NAMES.c_compile, ACTION_NAMES.assemble, ACTION_NAMES.preprocess_assemble]
_LINK = [ACTION_NAMES.cpp_link_executable]
_ALL = _COMPILE + _LINK + [ACTION_NAMES.cpp_link_static_library, ACTION_NAMES.strip]
_TOOLS = ["ar", "cpp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]

_CPU_FLAGS = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]

_COMPILE_FLAGS = _CPU_FLAGS + [
    "-std=c11",
    "-Os",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffunction-sections",
    "-fdata-sections",
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
    # Debian's nano.specs would take the host's headers.
    "-isystem",
    _ROOT + "usr/lib/arm-none-eabi/include/nano",
]

_LINK_FLAGS = _CPU_FLAGS + [
    "-no-canonical-prefixes",
    "--specs=nano.specs",
    "-nostartfiles",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,--fatal-warnings",
]

def _arm_cc_toolchain_config_impl(ctx):
    features = [
        feature(name = "library_path", enabled = True, env_sets = [env_set(
            actions = _ALL,
            env_entries = [
                env_entry("LD_LIBRARY_PATH", _ROOT + "lib64"),
                # The shell's idea of the working directory would become the debug information's.
                env_entry("PWD", "/proc/self/cwd"),
            ],
        )]),
        feature(name = "cortex_m4f", enabled = True, flag_sets = [
            flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = _COMPILE_FLAGS)]),
            flag_set(actions = _LINK, flag_groups = [flag_group(flags = _LINK_FLAGS)]),
        ]),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        features = features,
        cxx_builtin_include_directories = [
            "%package(@arm_gcc//)%/usr/lib/gcc/arm-none-eabi/12.2.1/include",
            "%package(@arm_gcc//)%/usr/lib/gcc/arm-none-eabi/12.2.1/include-fixed",
            "%package(@arm_gcc//)%/usr/lib/arm-none-eabi/include",
        ],
        toolchain_identifier = "arm-none-eabi",
        host_system_name = "local",
        target_system_name = "arm-none-eabi",
        target_cpu = "cortex-m4",
        target_libc = "newlib",
        compiler = "gcc",
        abi_version = "eabi",
        abi_libc_version = "newlib",
        tool_paths = [tool_path(name = name, path = "usr/bin/arm-none-eabi-" + name) for name in _TOOLS],
    )

arm_cc_toolchain_config = rule(
    implementation = _arm_cc_toolchain_config_impl,
    doc = "The CcToolchainConfigInfo of @arm_gcc.",
    provides = [CcToolchainConfigInfo],
)
