"""The compiled artifacts: kernel_costs, c_source, network_header, firmware_image, which describes what m4_elf linked, and
firmware_release."""

load(":action.bzl", "run_tool", "tool")
load(":providers.bzl", "CSourceInfo", "FirmwareInfo", "Int8ModelInfo", "MeasurementInfo")

def _kernel_costs_impl(ctx):
    costs = ctx.actions.declare_file(ctx.label.name + ".json")
    tflite = ctx.attr.model[Int8ModelInfo].tflite
    run_tool(
        ctx,
        mnemonic = "MeasureKernels",
        inputs = [ctx.file.spec, tflite],
        outputs = [costs],
        flags = {"model": tflite, "output": costs, "spec": ctx.file.spec},
        progress = "Measuring the kernels for",
    )
    return [DefaultInfo(files = depset([costs]), runfiles = ctx.runfiles([costs]))]

kernel_costs = rule(
    implementation = _kernel_costs_impl,
    doc = "NAME.json: what each kernel that may run a layer of an int8 model costs, in cycles and bytes.",
    attrs = {
        "model": attr.label(mandatory = True, providers = [Int8ModelInfo]),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "_tool": tool("//cmsis/costs:measure"),
    },
)

def _c_source_impl(ctx):
    source, header, plan, picture = [
        ctx.actions.declare_file("%s/%s%s" % (ctx.label.name, ctx.attr.prefix, suffix))
        for suffix in [".c", ".h", ".plan.json", ".plan.svg"]
    ]
    tflite = ctx.attr.model[Int8ModelInfo].tflite
    flags = {
        "header": header,
        "model": tflite,
        "picture": picture,
        "plan": plan,
        "source": source,
        "spec": ctx.file.spec,
    }
    if ctx.file.costs:
        flags["costs"] = ctx.file.costs
    if ctx.attr.policy:
        flags["policy"] = ctx.attr.policy
    run_tool(
        ctx,
        mnemonic = "CompileNetwork",
        inputs = [ctx.file.spec, tflite] + ctx.files.costs,
        outputs = [source, header, plan, picture],
        flags = flags,
        progress = "Compiling",
    )
    return [
        DefaultInfo(files = depset([source, header, plan, picture])),
        CSourceInfo(header = header, plan = plan, source = source),
        OutputGroupInfo(header = [header], picture = [picture], plan = [plan], source = [source]),
    ]

c_source = rule(
    implementation = _c_source_impl,
    doc = "Compiles an int8 model to a C99 library with a memory plan and its picture.",
    attrs = {
        "costs": attr.label(allow_single_file = [".json"], doc = "A kernel_costs; without it kernels are chosen by rule."),
        "model": attr.label(mandatory = True, providers = [Int8ModelInfo]),
        "policy": attr.string(doc = "How kernels are chosen; empty leaves it to the spec."),
        "prefix": attr.string(mandatory = True, doc = "The spec's `name`: file name and prefix of all symbols."),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "_tool": tool("//cmsis/compiler:compile"),
    },
)

def _network_header_impl(ctx):
    header = ctx.actions.declare_file(ctx.label.name + "/network.h")
    plan = ctx.attr.network[CSourceInfo].plan
    run_tool(
        ctx,
        mnemonic = "BindNetwork",
        inputs = [plan],
        outputs = [header],
        flags = {"detector": "true" if ctx.attr.detector else "false", "output": header, "plan": plan},
        progress = "Binding",
    )
    return [DefaultInfo(files = depset([header]))]

network_header = rule(
    implementation = _network_header_impl,
    doc = "network.h, by which the firmware, the same for every network, calls this one.",
    attrs = {
        "detector": attr.bool(mandatory = True, doc = "Whether the image has the streaming detector."),
        "network": attr.label(mandatory = True, providers = [CSourceInfo]),
        "_tool": tool("//firmware:network_header"),
    },
)

def _firmware_image_impl(ctx):
    files = {file.extension: file for file in ctx.files.program}
    info = FirmwareInfo(elf = files["elf"], image = files["bin"], map = files["map"])
    return [DefaultInfo(files = depset(ctx.files.program)), info]

firmware_image = rule(
    implementation = _firmware_image_impl,
    doc = "Gives an m4_elf the provider that gates ask for.",
    attrs = {"program": attr.label(mandatory = True, doc = "An m4_elf.")},
)

def _firmware_release_impl(ctx):
    firmware, network = ctx.attr.firmware[FirmwareInfo], ctx.attr.network[CSourceInfo]
    image = [file for file in ctx.files.image if file.extension == "bin"][0]
    reports = ctx.attr.report[OutputGroupInfo].reproducible.to_list()
    report = [file for file in reports if file.extension == "json"][0]
    files = [firmware.elf, ctx.attr.int8_model[Int8ModelInfo].tflite] + reports
    names = [file.basename for file in [image] + files] + ["manifest.json", "provenance.json", "sbom.cdx.json"]
    outputs = [ctx.actions.declare_file("%s/%s" % (ctx.label.name, name)) for name in names]
    size = ctx.attr.size[MeasurementInfo].measurement
    run_tool(
        ctx,
        mnemonic = "DescribeRelease",
        inputs = depset([image, network.plan, report, size] + files + ctx.files.artifacts + ctx.files._locks).to_list(),
        outputs = outputs,
        flags = {
            "artifact": ctx.files.artifacts,
            "file": files,
            "image": image,
            "int8": ctx.attr.int8_model[Int8ModelInfo].tflite,
            "label": str(ctx.label),
            "lock": ctx.files._locks,
            "output": outputs[0].dirname,
            "plan": network.plan,
            "report": report,
            "size": size,
            "target": ctx.attr.board,
            "version": ctx.attr.version,
        },
        progress = "Describing",
    )
    return [DefaultInfo(files = depset(outputs), runfiles = ctx.runfiles(outputs))]

firmware_release = rule(
    implementation = _firmware_release_impl,
    doc = """The folder NAME: image, ELF, int8 model and the gates' report, with manifest.json, CycloneDX SBOM and SLSA provenance.
    Fails where a gate failed.""",
    attrs = {
        "artifacts": attr.label_list(allow_files = True, doc = "All that was made on the way to the image."),
        "board": attr.string(mandatory = True),
        "firmware": attr.label(mandatory = True, providers = [FirmwareInfo]),
        "image": attr.label(mandatory = True),
        "int8_model": attr.label(mandatory = True, providers = [Int8ModelInfo]),
        "network": attr.label(mandatory = True, providers = [CSourceInfo]),
        "report": attr.label(mandatory = True),
        "size": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "version": attr.string(mandatory = True),
        "_locks": attr.label(default = "//firmware/release:locks"),
        "_tool": tool("//firmware/release:describe"),
    },
)
