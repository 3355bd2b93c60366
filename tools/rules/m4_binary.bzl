"""m4_library and m4_elf: C for the Cortex-M4, reachable from any platform.

Their own sources stay in the caller's configuration: a generated network would otherwise be generated, and so trained,
once for the host and once more for the Cortex-M4. Only `deps`, hand-written cc_libraries, change the platform.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(":action.bzl", "run_tool", "tool")
load(":cortex_m4.bzl", "cortex_m4_transition")

# What a generated network must compile with, and all that it asks for.
NETWORK_COPTS = ["-std=c99"]

TOOLCHAIN_ATTRS = {
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
    "_toolchain": attr.label(default = "@arm_gcc//:cc", cfg = cortex_m4_transition),
}

_COMPILE_ATTRS = dict(TOOLCHAIN_ATTRS, **{
    "copts": attr.string_list(doc = "Further compiler flags."),
    "deps": attr.label_list(cfg = cortex_m4_transition, providers = [CcInfo], doc = "cc_libraries."),
    "hdrs": attr.label_list(allow_files = [".h"], doc = "Headers; their folders are on the include path."),
    "libraries": attr.label_list(providers = [CcInfo], doc = "m4_libraries."),
    "srcs": attr.label_list(allow_files = [".c", ".h", ".S"]),
})

def m4_toolchain(ctx):
    """The Cortex-M4's CcToolchainInfo; not by resolution, which would give the toolchain of the caller's platform."""
    toolchain = ctx.attr._toolchain[0][cc_common.CcToolchainInfo]
    return toolchain, cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)

def _compile(ctx):
    """Compiles `srcs`; returns the compilation context, the objects' CcCompilationOutputs and the merged deps."""
    toolchain, features = m4_toolchain(ctx)
    deps = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps + ctx.attr.libraries])
    headers = [file for file in ctx.files.srcs if file.extension == "h"] + ctx.files.hdrs
    context, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        compilation_contexts = [deps.compilation_context],
        feature_configuration = features,
        includes = [file.dirname for file in ctx.files.hdrs],
        public_hdrs = headers,
        srcs = [file for file in ctx.files.srcs if file.extension != "h"],
        # Generated sources lie in an output folder that is named after the configuration.
        user_compile_flags = ctx.attr.copts + ["-ffile-prefix-map=%s/=" % ctx.bin_dir.path],
    )
    return context, outputs, deps

def _m4_library_impl(ctx):
    toolchain, features = m4_toolchain(ctx)
    context, outputs, deps = _compile(ctx)
    linking, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        compilation_outputs = outputs,
        disallow_dynamic_library = True,
        feature_configuration = features,
        linking_contexts = [deps.linking_context],
    )
    return [
        DefaultInfo(files = depset(outputs.objects)),
        CcInfo(compilation_context = context, linking_context = linking),
    ]

m4_library = rule(
    implementation = _m4_library_impl,
    doc = "A C library for the Cortex-M4 whose sources are generated.",
    attrs = _COMPILE_ATTRS,
    fragments = ["cpp"],
)

def link_inputs(linking_context):
    """Objects where a library has them (an archive would hide a vector table nobody refers to), archives else."""
    inputs = []
    for linker_input in linking_context.linker_inputs.to_list():
        for library in linker_input.libraries:
            found = library.objects or library.pic_objects or [library.static_library or library.pic_static_library]
            inputs.extend([file for file in found if file not in inputs])
    return inputs

def _link(ctx, objects, elf, map_file):
    toolchain, features = m4_toolchain(ctx)
    action = ACTION_NAMES.cpp_link_executable
    variables = cc_common.create_link_variables(feature_configuration = features, cc_toolchain = toolchain)
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

def _m4_elf_impl(ctx):
    elf, image, map_file = ctx.outputs.elf, ctx.outputs.image, ctx.outputs.map
    _, outputs, deps = _compile(ctx)
    linked = ctx.actions.declare_file(ctx.label.name + ".linked.elf") if ctx.attr.sealed else elf
    _link(ctx, outputs.objects + link_inputs(deps.linking_context), linked, map_file)
    if ctx.attr.sealed:
        run_tool(
            ctx,
            mnemonic = "SealImage",
            inputs = [linked],
            outputs = [elf],
            flags = {"elf": linked, "output": elf},
            progress = "Sealing",
        )
    ctx.actions.run(
        outputs = [image],
        inputs = [elf],
        tools = ctx.files._arm_gcc,
        executable = ctx.file._objcopy,
        arguments = ["-O", "binary", elf.path, image.path],
        env = {"LD_LIBRARY_PATH": "external/arm_gcc/lib64"},
        mnemonic = "FirmwareObjcopy",
        progress_message = "Extracting %s" % image.short_path,
    )
    ctx.actions.run_shell(
        outputs = [ctx.outputs.symbols],
        inputs = [elf],
        tools = ctx.files._arm_gcc + [ctx.file._nm],
        # Address, bytes (both decimal), kind, name: the largest first.
        command = "$1 --print-size --size-sort --reverse-sort --radix=d $2 > $3",
        arguments = [ctx.file._nm.path, elf.path, ctx.outputs.symbols.path],
        env = {"LD_LIBRARY_PATH": "external/arm_gcc/lib64"},
        mnemonic = "FirmwareSymbols",
        progress_message = "Listing the symbols of %s" % elf.short_path,
    )
    files = depset([elf, image, map_file, ctx.outputs.symbols])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

_m4_elf = rule(
    implementation = _m4_elf_impl,
    attrs = dict(
        _COMPILE_ATTRS,
        elf = attr.output(mandatory = True),
        image = attr.output(mandatory = True),
        linker_script = attr.label(allow_single_file = [".ld"]),
        linkopts = attr.string_list(),
        map = attr.output(mandatory = True),
        sealed = attr.bool(),
        symbols = attr.output(mandatory = True),
        _arm_gcc = attr.label(default = "@arm_gcc//:files", cfg = "exec"),
        _nm = attr.label(default = "@arm_gcc//:nm", allow_single_file = True, cfg = "exec"),
        _objcopy = attr.label(default = "@arm_gcc//:objcopy", allow_single_file = True, cfg = "exec"),
        _tool = tool("//firmware:seal"),
    ),
    fragments = ["cpp"],
)

def m4_elf(name, **kwargs):
    """Links a program for the Cortex-M4.

    Args:
      name: the target's name.
      **kwargs: srcs (C, assembly, headers), hdrs (headers whose folders are on the include path), deps (cc_libraries),
        libraries (m4_libraries), copts, linkopts, linker_script; sealed: whether to write identity and CRC into the section
        .seal (//firmware:seal); visibility, testonly, tags.

    Emits:
      name: the four files that follow.
      name.elf: the linked program.
      name.bin: its flash image.
      name.map: the linker's map.
      name.symbols.txt: the size table: address, bytes, kind and name of each symbol, the largest first.
    """
    _m4_elf(
        name = name,
        elf = name + ".elf",
        image = name + ".bin",
        map = name + ".map",
        symbols = name + ".symbols.txt",
        **kwargs
    )
