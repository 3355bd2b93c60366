"""model_card: one page about a network, from measurements."""

load(":action.bzl", "run_tool", "tool")
load(":providers.bzl", "CSourceInfo", "DataSetInfo", "FirmwareInfo", "MeasurementInfo")

def _model_card_impl(ctx):
    text, json = [ctx.actions.declare_file(ctx.label.name + suffix) for suffix in [".md", ".json"]]
    firmware = ctx.attr.firmware[FirmwareInfo]
    flags = {
        "elf": firmware.elf,
        "image": firmware.image,
        "plan": ctx.attr.network[CSourceInfo].plan,
        "precision": ctx.attr.precision[MeasurementInfo].measurement,
        "size": ctx.attr.size[MeasurementInfo].measurement,
        "spec": ctx.file.spec,
        "timing": ctx.attr.timing[MeasurementInfo].measurement,
    }
    if ctx.file.statement:
        flags["statement"] = ctx.file.statement
    reports = [file for file in ctx.files.data if file.extension == "json"]
    run_tool(
        ctx,
        mnemonic = "WriteModelCard",
        inputs = flags.values() + reports,
        outputs = [text, json],
        flags = dict(flags, data = reports, json = json, text = text),
        progress = "Writing the model card of",
    )
    return [DefaultInfo(files = depset([text, json]), runfiles = ctx.runfiles([text, json]))]

model_card = rule(
    implementation = _model_card_impl,
    doc = "NAME.md and NAME.json: purpose, data, figures per class, along conditions, and limits of use.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "firmware": attr.label(mandatory = True, providers = [FirmwareInfo]),
        "network": attr.label(mandatory = True, providers = [CSourceInfo]),
        "precision": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "size": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "spec": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "statement": attr.label(allow_single_file = [".md"]),
        "timing": attr.label(mandatory = True, providers = [MeasurementInfo]),
        "_tool": tool("//gates/card"),
    },
)
