"""m4_elf: a program for the Cortex-M4, reachable from any platform."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@rules_cc//cc:defs.bzl", "cc_library")
load(":cortex_m4.bzl", "cortex_m4_transition")

def _link_inputs(deps):
    """Objects where a library has them (an archive would hide a vector table nobody refers to), archives else."""
    inputs = []
    for dep in deps:
        for linker_input in dep[CcInfo].linking_context.linker_inputs.to_list():
            for library in linker_input.libraries:
                found = library.objects or library.pic_objects or [library.static_library or library.pic_static_library]
                inputs.extend([file for file in found if file not in inputs])
    return inputs

def _m4_link_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    action = ACTION_NAMES.cpp_link_executable
    variables = cc_common.create_link_variables(feature_configuration = features, cc_toolchain = toolchain)
    elf = ctx.actions.declare_file(ctx.label.name + ".linked.elf")
    map_file = ctx.actions.declare_file(ctx.label.name + ".linked.map")
    objects = _link_inputs(ctx.attr.deps)
    args = ctx.actions.args()
    args.add_all(cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = variables,
    ))
    args.add("-o", elf)
    args.add(map_file, format = "-Wl,-Map=%s")
    if ctx.file.linker_script:
        args.add("-T", ctx.file.linker_script)
    args.add_all(objects)
    args.add_all(ctx.attr.linkopts)
    ctx.actions.run(
        outputs = [elf, map_file],
        inputs = depset(objects + ctx.files.linker_script, transitive = [toolchain.all_files]),
        executable = cc_common.get_tool_for_action(feature_configuration = features, action_name = action),
        arguments = [args],
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = action,
            variables = variables,
        ),
        mnemonic = "FirmwareLink",
        progress_message = "Linking %s" % elf.short_path,
    )
    return [DefaultInfo(files = depset([elf, map_file])), OutputGroupInfo(elf = [elf], map = [map_file])]

_m4_link = rule(
    implementation = _m4_link_impl,
    doc = "Links cc_libraries on the Cortex-M4 platform, with the linker's map as an output.",
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "linker_script": attr.label(allow_single_file = [".ld"]),
        "linkopts": attr.string_list(),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def _m4_executable_impl(ctx):
    groups = ctx.attr.linked[0][OutputGroupInfo]
    elf, map_file = groups.elf.to_list()[0], groups.map.to_list()[0]
    ctx.actions.symlink(output = ctx.outputs.elf, target_file = elf)
    ctx.actions.symlink(output = ctx.outputs.map, target_file = map_file)
    ctx.actions.run(
        outputs = [ctx.outputs.image],
        inputs = [elf],
        tools = ctx.files._arm_gcc,
        executable = ctx.file._objcopy,
        arguments = ["-O", "binary", elf.path, ctx.outputs.image.path],
        env = {"LD_LIBRARY_PATH": "external/arm_gcc/lib64"},
        mnemonic = "FirmwareObjcopy",
        progress_message = "Extracting %s" % ctx.outputs.image.short_path,
    )
    files = depset([ctx.outputs.elf, ctx.outputs.image, ctx.outputs.map])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

_m4_executable = rule(
    implementation = _m4_executable_impl,
    doc = "Brings a linked program over from the Cortex-M4 platform and extracts its flash image.",
    attrs = {
        "elf": attr.output(mandatory = True),
        "image": attr.output(mandatory = True),
        "linked": attr.label(cfg = cortex_m4_transition, mandatory = True),
        "map": attr.output(mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_arm_gcc": attr.label(default = "@arm_gcc//:files", cfg = "exec"),
        "_objcopy": attr.label(default = "@arm_gcc//:objcopy", allow_single_file = True, cfg = "exec"),
    },
)

def m4_elf(name, srcs, deps = [], copts = [], linkopts = [], linker_script = None, **kwargs):
    """Links a program for the Cortex-M4.

    Args:
      name: the target's name.
      srcs: C sources, assembly and headers.
      deps: cc_libraries.
      copts: further compiler flags for `srcs`.
      linkopts: further linker flags.
      linker_script: label of a linker script.
      **kwargs: visibility, testonly, tags.

    Emits:
      name: the three files that follow.
      name.elf: the linked program.
      name.bin: its flash image.
      name.map: the linker's map.
      name_objects, name_linked: the steps inside, which build on the Cortex-M4 platform only.
    """
    inner = {
        "tags": ["manual"],
        "target_compatible_with": ["//tools/platforms:cortex_m4"],
        "testonly": kwargs.get("testonly", False),
    }
    cc_library(name = name + "_objects", srcs = srcs, copts = copts, deps = deps, **inner)
    _m4_link(
        name = name + "_linked",
        linker_script = linker_script,
        linkopts = linkopts,
        deps = [":%s_objects" % name],
        **inner
    )
    _m4_executable(
        name = name,
        elf = name + ".elf",
        image = name + ".bin",
        linked = ":%s_linked" % name,
        map = name + ".map",
        **kwargs
    )
