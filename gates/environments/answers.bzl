"""reference_answers: what TFLite's reference kernels say to some windows of a network's pilot set."""

load("//tools/rules:action.bzl", "run_tool", "tool")
load("//tools/rules:providers.bzl", "CSourceInfo", "DataSetInfo", "Int8ModelInfo")

def _reference_answers_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".npz")
    tflite = ctx.attr.int8_model[Int8ModelInfo].tflite
    pilot, plan = ctx.attr.data[DataSetInfo].pilot, ctx.attr.network[CSourceInfo].plan
    run_tool(
        ctx,
        mnemonic = "ReferenceAnswers",
        inputs = [tflite, pilot, plan],
        outputs = [output],
        flags = {"output": output, "pilot": pilot, "plan": plan, "tflite": tflite, "windows": str(ctx.attr.windows)},
        progress = "Asking TFLite for",
    )
    return [DefaultInfo(files = depset([output]), runfiles = ctx.runfiles([output]))]

reference_answers = rule(
    implementation = _reference_answers_impl,
    doc = "An .npz of int8 windows and scores; gates/environments/answers.py says how it looks.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "int8_model": attr.label(mandatory = True, providers = [Int8ModelInfo]),
        "network": attr.label(mandatory = True, providers = [CSourceInfo]),
        "windows": attr.int(default = 200, doc = "How many; spread over the classes."),
        "_tool": tool("//gates/environments:make_answers"),
    },
)
