"""m4_elf: a program for the Cortex-M4, reachable from any platform."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load(":cortex_m4.bzl", "cortex_m4_transition")

def _m4_executable_impl(ctx):
    linked = ctx.attr.linked[0][DefaultInfo].files.to_list()[0]
    ctx.actions.symlink(output = ctx.outputs.elf, target_file = linked)
    ctx.actions.run(
        outputs = [ctx.outputs.image],
        inputs = [linked],
        tools = ctx.files._arm_gcc,
        executable = ctx.file._objcopy,
        arguments = ["-O", "binary", linked.path, ctx.outputs.image.path],
        env = {"LD_LIBRARY_PATH": "external/arm_gcc/lib64"},
        mnemonic = "FirmwareObjcopy",
        progress_message = "Extracting %s" % ctx.outputs.image.short_path,
    )
    files = depset([ctx.outputs.elf, ctx.outputs.image])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

_m4_executable = rule(
    implementation = _m4_executable_impl,
    doc = "Takes a cc_binary over to the Cortex-M4 platform and extracts its flash image.",
    attrs = {
        "elf": attr.output(mandatory = True),
        "image": attr.output(mandatory = True),
        "linked": attr.label(cfg = cortex_m4_transition, mandatory = True, doc = "The cc_binary."),
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
      copts: further compiler flags.
      linkopts: further linker flags.
      linker_script: label of a linker script.
      **kwargs: visibility, testonly, tags.

    Emits:
      name: both files; name.elf: the linked program; name.bin: its flash image; name_linked: the cc_binary inside,
      which builds on the Cortex-M4 platform only.
    """
    cc_binary(
        name = name + "_linked",
        srcs = srcs,
        additional_linker_inputs = [linker_script] if linker_script else [],
        copts = copts,
        linkopts = linkopts + (["-T", "$(location %s)" % linker_script] if linker_script else []),
        tags = ["manual"],
        target_compatible_with = ["//tools/platforms:cortex_m4"],
        deps = deps,
        testonly = kwargs.get("testonly", False),
    )
    _m4_executable(
        name = name,
        elf = name + ".elf",
        image = name + ".bin",
        linked = ":%s_linked" % name,
        **kwargs
    )
