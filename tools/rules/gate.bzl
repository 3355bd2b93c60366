"""The judging side: measurements, image_summary, gate_report and gate_test."""

load("@rules_python//python:defs.bzl", "py_test")
load(":action.bzl", "run_tool", "tool")
load(":providers.bzl", "CSourceInfo", "DataSetInfo", "FirmwareInfo", "Int8ModelInfo", "MeasurementInfo", "TrainedWeightsInfo")

def _measurement_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".json")
    firmware = ctx.attr.firmware[FirmwareInfo]
    known = {
        "elf": firmware.elf,
        "image": firmware.image,
        "pilot": ctx.attr.data[DataSetInfo].pilot,
        "plan": ctx.attr.network[CSourceInfo].plan,
        "spec": ctx.file.spec,
        "tflite": ctx.attr.int8_model[Int8ModelInfo].tflite,
    }
    if "noisy" in ctx.attr._reads and ctx.attr.data[DataSetInfo].noisy:
        known["noisy"] = ctx.attr.data[DataSetInfo].noisy
    flags = {name: known[name] for name in ctx.attr._reads if name in known}
    inputs = list(flags.values())
    if ctx.attr.ensemble:
        flags["ensemble"] = [model[TrainedWeightsInfo].model for model in ctx.attr.ensemble]
        flags["model"] = ctx.file.model
        inputs += flags["ensemble"] + [flags["model"]]
    run_tool(
        ctx,
        mnemonic = "Measure" + ctx.attr._gate.capitalize(),
        inputs = inputs,
        outputs = [output],
        flags = dict(flags, output = output, **ctx.attr.flags),
        progress = "Measuring %s of" % ctx.attr._gate,
    )
    return [
        DefaultInfo(files = depset([output]), runfiles = ctx.runfiles([output])),
        MeasurementInfo(gate = ctx.attr._gate, measurement = output),
    ]

def _measurement(gate, reads):
    """The rule that measures for `gate` from the artifacts `reads`, which are named like the flags of the gate's tool."""
    return rule(
        implementation = _measurement_impl,
        doc = "Measures an image for one gate: a cached action that writes JSON; judging is gate_test's matter.",
        attrs = {
            "data": attr.label(mandatory = True, providers = [DataSetInfo]),
            "ensemble": attr.label_list(providers = [TrainedWeightsInfo]),
            "firmware": attr.label(mandatory = True, providers = [FirmwareInfo]),
            "flags": attr.string_dict(doc = "Further flags of the gate's tool."),
            "int8_model": attr.label(mandatory = True, providers = [Int8ModelInfo]),
            "model": attr.label(allow_single_file = True),
            "network": attr.label(mandatory = True, providers = [CSourceInfo]),
            "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
            "_gate": attr.string(default = gate),
            "_reads": attr.string_list(default = reads),
            "_tool": tool("//gates/%s:measure" % gate),
        },
    )

adversarial_measurement = _measurement("adversarial", ["elf", "image", "pilot", "plan", "spec"])
precision_measurement = _measurement("precision", ["elf", "image", "noisy", "pilot", "plan", "spec", "tflite"])
size_measurement = _measurement("size", ["elf", "image", "pilot", "plan", "spec"])
timing_measurement = _measurement("timing", ["elf", "image", "pilot", "plan", "spec"])

def _again_impl(_settings, _attr):
    # Another configuration, hence another output tree; and no cache may answer in the second execution's place.
    return {"//command_line_option:modify_execution_info": ".*=+no-cache"}

_again = transition(
    implementation = _again_impl,
    inputs = [],
    outputs = ["//command_line_option:modify_execution_info"],
)

def _reproducibility_measurement_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".json")
    run_tool(
        ctx,
        mnemonic = "MeasureReproducibility",
        inputs = ctx.files.first + ctx.files.second,
        outputs = [output],
        flags = {"first": ctx.files.first, "output": output, "second": ctx.files.second},
        progress = "Comparing two builds of",
    )
    return [
        DefaultInfo(files = depset([output]), runfiles = ctx.runfiles([output])),
        MeasurementInfo(gate = "reproducibility", measurement = output),
    ]

reproducibility_measurement = rule(
    implementation = _reproducibility_measurement_impl,
    doc = "Compares the shipping artifacts with those of a second build, which is always executed.",
    attrs = {
        "first": attr.label_list(allow_files = True, mandatory = True),
        "second": attr.label_list(allow_files = True, cfg = _again, mandatory = True, doc = "The same labels as `first`."),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_tool": tool("//gates/reproducibility:measure"),
    },
)

def _image_summary_impl(ctx):
    # tools/bazel knows the one by the other's name.
    image = ctx.actions.declare_file(ctx.label.name + ".bin")
    output = ctx.actions.declare_file(ctx.label.name + ".summary.txt")
    size, timing = ctx.attr.size[MeasurementInfo].measurement, ctx.attr.timing[MeasurementInfo].measurement
    run_tool(
        ctx,
        mnemonic = "SummarizeImage",
        inputs = [ctx.file.spec, size, timing],
        outputs = [output],
        flags = {"output": output, "size": size, "spec": ctx.file.spec, "timing": timing},
        progress = "Summarizing",
    )
    ctx.actions.symlink(output = image, target_file = ctx.attr.firmware[FirmwareInfo].image)
    return [DefaultInfo(files = depset([image, output]), runfiles = ctx.runfiles([image, output]))]

image_summary = rule(
    implementation = _image_summary_impl,
    doc = "The image, and beside it the line about it that tools/bazel prints after a build.",
    attrs = {
        "firmware": attr.label(mandatory = True, providers = [FirmwareInfo]),
        "size": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "timing": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "_tool": tool("//gates:summary"),
    },
)

def _gate_report_impl(ctx):
    text = ctx.actions.declare_file(ctx.label.name + ".md")
    table = ctx.actions.declare_file(ctx.label.name + ".json")
    machine = ctx.actions.declare_file(ctx.label.name + ".machine.txt")
    infos = [measurement[MeasurementInfo] for measurement in ctx.attr.measurements]
    run_tool(
        ctx,
        mnemonic = "ReportGates",
        inputs = [ctx.file.spec] + [info.measurement for info in infos] + ctx.files.environments + ctx.files.machine_environments,
        outputs = [text, table, machine],
        flags = {
            "environment": ctx.files.environments,
            "json": table,
            "machine_environment": ctx.files.machine_environments,
            "machine_text": machine,
            "measurement": ",".join(["%s=%s" % (info.gate, info.measurement.path) for info in infos]),
            "spec": ctx.file.spec,
            "text": text,
        },
        progress = "Reporting on",
    )
    return [
        DefaultInfo(files = depset([text, table, machine])),
        OutputGroupInfo(reproducible = depset([text, table])),
    ]

gate_report = rule(
    implementation = _gate_report_impl,
    doc = "All figures of a network's gates beside their limits, as Markdown and as JSON; what depends on the machine apart.",
    attrs = {
        "environments": attr.label_list(allow_files = [".json"], doc = "Measurements of locked execution environments."),
        "machine_environments": attr.label_list(allow_files = [".json"], doc = "The same of those that a machine may lack."),
        "measurements": attr.label_list(mandatory = True, providers = [MeasurementInfo]),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "_tool": tool("//gates:report"),
    },
)

def gate_test(name, gate, measurement, spec, expect_failure = None, **kwargs):
    """Judges a measurement by the limits of a spec.

    Args:
      name: the test's name.
      gate: the gate's name.
      measurement: label of the measurement's JSON.
      spec: label of the spec.
      expect_failure: for a gate's own tests: the gate must fail with a message that this pattern matches.
      **kwargs: visibility, tags, testonly.

    Emits:
      name: a py_test.
    """
    args = ["--gate=" + gate, "--measurement=$(rootpath %s)" % measurement, "--spec=$(rootpath %s)" % spec]
    py_test(
        name = name,
        size = "small",
        srcs = ["//gates:judge.py"],
        main = "//gates:judge.py",
        args = args + (["--expect_failure='%s'" % expect_failure] if expect_failure else []),
        data = [measurement, spec],
        deps = ["//gates:judge_library"],
        **kwargs
    )
