"""link_kit and sanitized_link_kit: what it takes to link a generated network at run time, for programs that compile networks
they find."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("//tools/rules:cortex_m4.bzl", "cortex_m4_transition")
load("//tools/rules:m4_binary.bzl", "TOOLCHAIN_ATTRS", "link_inputs", "m4_toolchain")
load("//tools/rules:sanitized.bzl", "sanitize_transition")

def _command(features, action, variables):
    tool = cc_common.get_tool_for_action(feature_configuration = features, action_name = action)
    return [tool] + cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = variables,
    )

def _kit(ctx, toolchain, features):
    deps = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    headers = deps.compilation_context.headers.to_list()
    libraries = link_inputs(deps.linking_context)
    compile = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        include_directories = depset([file.dirname for file in headers]),
        user_compile_flags = ctx.attr.copts,
    )
    link = cc_common.create_link_variables(cc_toolchain = toolchain, feature_configuration = features)
    kit = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(kit, struct(
        compile = _command(features, ACTION_NAMES.c_compile, compile),
        environment = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = ACTION_NAMES.c_compile,
            variables = compile,
        ),
        libraries = [file.short_path for file in libraries],
        link = _command(features, ACTION_NAMES.cpp_link_executable, link),
    ).to_json())
    files = [kit] + headers + libraries
    return [DefaultInfo(
        files = depset([kit]),
        runfiles = ctx.runfiles(files, transitive_files = toolchain.all_files),
    )]

def _link_kit_impl(ctx):
    toolchain, features = m4_toolchain(ctx)
    return _kit(ctx, toolchain, features)

link_kit = rule(
    implementation = _link_kit_impl,
    doc = """NAME.json: the Cortex-M4's compile and link commands, relative to the root of the runfiles, and `libraries`. As data it
    brings the compiler, the headers and the libraries along.""",
    attrs = dict(
        TOOLCHAIN_ATTRS,
        copts = attr.string_list(doc = "Further flags for the network."),
        deps = attr.label_list(
            cfg = cortex_m4_transition,
            doc = "cc_libraries that the network is linked with.",
            mandatory = True,
            providers = [CcInfo],
        ),
    ),
    fragments = ["cpp"],
)

def _sanitized_link_kit_impl(ctx):
    toolchain = ctx.attr._toolchain[cc_common.CcToolchainInfo]
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain, requested_features = ["sanitize"])
    return _kit(ctx, toolchain, features)

sanitized_link_kit = rule(
    implementation = _sanitized_link_kit_impl,
    doc = "As link_kit, for this machine: the network and its libraries under AddressSanitizer and UBSan.",
    attrs = {
        "copts": attr.string_list(doc = "Further flags for the network."),
        "deps": attr.label_list(
            cfg = sanitize_transition,
            doc = "cc_libraries that the network is linked with.",
            mandatory = True,
            providers = [CcInfo],
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_toolchain": attr.label(default = "@host_gcc//:cc"),
    },
    fragments = ["cpp"],
)
