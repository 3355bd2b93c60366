"""environment_measurements: what each execution environment makes of a network's firmware, for the report."""

load("//firmware:defs.bzl", "FIRMWARE_COPTS")
load("//tools/rules:action.bzl", "run_tool", "tool")
load("//tools/rules:m4_binary.bzl", "m4_elf")
load(":answers.bzl", "reference_answers")
load(":environments.bzl", "ENVIRONMENTS", "environment_image")

def _environment_measurement_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".json")
    flags = dict(
        ctx.attr.flags,
        answers = ctx.file.answers,
        exact = "true" if ctx.attr.exact else "false",
        image = ctx.file.image,
        output = output,
    )
    run_tool(
        ctx,
        mnemonic = "MeasureEnvironment",
        inputs = [ctx.file.answers, ctx.file.image] + ctx.files.data,
        outputs = [output],
        flags = flags,
        progress = "Running the firmware in",
    )
    return [DefaultInfo(files = depset([output]))]

environment_measurement = rule(
    implementation = _environment_measurement_impl,
    doc = "Runs an image in one environment and writes JSON; that it differs is for a test to judge.",
    attrs = {
        "answers": attr.label(allow_single_file = [".npz"], mandatory = True),
        "data": attr.label_list(allow_files = True, doc = "What the environment needs."),
        "exact": attr.bool(default = True, doc = "Whether the kernels promise TFLite's scores."),
        "flags": attr.string_dict(mandatory = True, doc = "Further flags of measure.py."),
        "image": attr.label(allow_single_file = [".bin"], mandatory = True),
        "_tool": tool("//gates/environments:measure"),
    },
)

def environment_measurements(name, target, windows, visibility):
    """Measures the network `name` of this package in every environment.

    Args:
      name: of an edgeplug_network.
      target: its board, whose image ships.
      windows: how many windows of the pilot set are run at most.
      visibility: of what follows.

    Emits:
      name_answers: the windows, and the scores that TFLite's reference kernels give them.
      name_BOARD: .elf, .bin and .map for a board other than the target, of the same sources.
      name_environment_ENVIRONMENT: the measurements.

    Returns:
      the labels of the measurements: of the locked environments, and of those that a machine may lack.
    """
    reference_answers(
        name = name + "_answers",
        data = name + "_data",
        int8_model = name + "_int8",
        network = name + "_c_source",
        visibility = visibility,
        windows = windows,
    )
    for board in {e.board: None for e in ENVIRONMENTS if e.board != target}:
        m4_elf(
            name = "%s_%s" % (name, board),
            srcs = ["//firmware:image_srcs"],
            hdrs = [name + "_binding"],
            copts = FIRMWARE_COPTS,
            libraries = [name + "_library"],
            linker_script = "//firmware/boards/%s:link.ld" % board,
            sealed = True,
            visibility = visibility,
            deps = ["//firmware/boards/%s:board" % board],
        )
    for environment in ENVIRONMENTS:
        environment_measurement(
            name = "%s_environment_%s" % (name, environment.name),
            answers = name + "_answers",
            data = environment.data,
            exact = select({
                # Only our own kernels promise TFLite's very bits.
                "//cmsis:own_kernels": True,
                "//conditions:default": False,
            }),
            flags = {
                "board": environment.board,
                "clock_hz": str(environment.clock_hz),
                "environment": environment.name,
                "runner": environment.runner,
                "ships": "true" if environment.board == target else "false",
                "time": environment.time,
                "tries": str(environment.tries),
                "windows": str(environment.windows),
            },
            image = environment_image(name, environment.board, target),
            visibility = visibility,
        )
    return tuple([
        ["%s_environment_%s" % (name, environment.name) for environment in ENVIRONMENTS if environment.locked == locked]
        for locked in [True, False]
    ])
