"""Looking at an inference: network_profile writes where its cycles go; subject_binary runs a tool on an image and a window."""

load("@rules_python//python:defs.bzl", "py_binary")
load(":action.bzl", "run_tool", "tool")
load(":providers.bzl", "CSourceInfo", "DataSetInfo", "FirmwareInfo")

_OUTPUTS = {
    "flame_graph": ".svg",
    "json": ".json",
    "speedscope": ".speedscope.json",
    "table": ".txt",
}

def _network_profile_impl(ctx):
    firmware = ctx.attr.firmware[FirmwareInfo]
    inputs = {
        "elf": firmware.elf,
        "image": firmware.image,
        "pilot": ctx.attr.data[DataSetInfo].pilot,
        "plan": ctx.attr.network[CSourceInfo].plan,
        "spec": ctx.file.spec,
    }
    outputs = {flag: ctx.actions.declare_file(ctx.label.name + suffix) for flag, suffix in _OUTPUTS.items()}
    run_tool(
        ctx,
        mnemonic = "ProfileNetwork",
        inputs = inputs.values(),
        outputs = outputs.values(),
        flags = dict(inputs, window = str(ctx.attr.window), **outputs),
        progress = "Profiling",
    )
    return [DefaultInfo(files = depset(outputs.values()))]

network_profile = rule(
    implementation = _network_profile_impl,
    doc = "Cycles of one inference by layer and cause: NAME.json, .txt (table), .svg (flame graph), .speedscope.json.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "firmware": attr.label(mandatory = True, providers = [FirmwareInfo]),
        "network": attr.label(mandatory = True, providers = [CSourceInfo]),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "window": attr.int(default = 0, doc = "Which window of the pilot set."),
        "_tool": tool("//tools/profile:network_profile"),
    },
)

def _subject_data_impl(ctx):
    files = [ctx.attr.data[DataSetInfo].pilot]
    if ctx.attr.network:
        files.append(ctx.attr.network[CSourceInfo].plan)
    return [DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files))]

subject_data = rule(
    implementation = _subject_data_impl,
    doc = "The pilot set, and the plan if `network` is given, as files that a program reads when it runs.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "network": attr.label(providers = [CSourceInfo]),
    },
)

def subject_binary(name, main, library, data, plan, program, spec, **kwargs):
    """A tool for `bazel run`, bound to an image and its pilot set; further flags follow `--` on the command line.

    Args:
      name: the target's name.
      main: the tool's main file, whose flags are those of //tools/trace:subject.py.
      library: the py_library of the tool.
      data: the network's data set.
      plan: the network's plan, a single file.
      program: the network's m4_elf, which has PROGRAM.elf and PROGRAM.bin.
      spec: the network's spec.
      **kwargs: visibility, tags, testonly.

    Emits:
      name: a py_binary.
      name_pilot: the pilot set.
    """
    pilot = name + "_pilot"
    subject_data(name = pilot, data = data)
    py_binary(
        name = name,
        srcs = [main],
        main = main,
        args = [
            "--elf=$(rootpath %s.elf)" % program,
            "--image=$(rootpath %s.bin)" % program,
            "--pilot=$(rootpath %s)" % pilot,
            "--plan=$(rootpath %s)" % plan,
            "--spec=$(rootpath %s)" % spec,
        ],
        data = [pilot, plan, program + ".bin", program + ".elf", spec],
        deps = [library],
        **kwargs
    )
