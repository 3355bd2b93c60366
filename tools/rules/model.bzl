"""The spec and the learned artifacts: network_spec, data_set, trained_weights, int8_model."""

load(":action.bzl", "run_tool", "tool")
load(":providers.bzl", "DataSetInfo", "Int8ModelInfo", "TrainedWeightsInfo")

_MODEL_EXTENSIONS = ["keras", "h5", "tflite"]
_SPEC = attr.label(allow_single_file = [".yaml"], mandatory = True, doc = "The network's spec.")

def _network_spec_impl(ctx):
    run_tool(
        ctx,
        mnemonic = "CheckSpec",
        inputs = [ctx.file.spec],
        outputs = [ctx.outputs.checked],
        flags = {
            "gates": ",".join(ctx.attr.gates),
            "network": ctx.attr.network,
            "output": ctx.outputs.checked,
            "spec": ctx.file.spec,
            "target": ctx.attr.target,
        },
        progress = "Checking",
    )

network_spec = rule(
    implementation = _network_spec_impl,
    doc = "A validated spec; every later step reads it instead of the source file, so that a broken one stops here.",
    attrs = {
        "checked": attr.output(mandatory = True),
        "gates": attr.string_list(mandatory = True),
        "network": attr.string(mandatory = True),
        "spec": _SPEC,
        "target": attr.string(mandatory = True),
        "_tool": tool("//model:check_spec"),
    },
)

def _checked_data(ctx, dataset, pilot, noisy):
    """A DataSetInfo whose quality was judged."""
    quality = ctx.actions.declare_file(ctx.label.name + ".quality.json")
    flags = {"pilot": pilot, "report": quality, "spec": ctx.file.spec}
    if dataset:
        flags["dataset"] = dataset
    if noisy:
        flags["noisy"] = noisy
    run_tool(
        ctx,
        mnemonic = "CheckDataQuality",
        inputs = [ctx.file.spec] + [file for file in [dataset, pilot, noisy] if file],
        outputs = [quality],
        flags = flags,
        progress = "Checking the quality of",
        executable = ctx.executable._quality,
    )
    return DataSetInfo(dataset = dataset, noisy = noisy, pilot = pilot, quality = quality)

def _data_set_impl(ctx):
    files = []
    for part in ["dataset", "pilot", "noisy"]:
        data = ctx.actions.declare_file("%s.%s.npz" % (ctx.label.name, part))
        report = ctx.actions.declare_file("%s.%s.json" % (ctx.label.name, part))
        run_tool(
            ctx,
            mnemonic = "GenerateData",
            inputs = [ctx.file.spec],
            outputs = [data, report],
            flags = {"output": data, "part": part, "report": report, "spec": ctx.file.spec},
            progress = "Generating the %s of" % part,
        )
        files.extend([data, report])
    info = _checked_data(ctx, files[0], files[2], files[4])
    return [
        DefaultInfo(files = depset(files + [info.quality])),
        OutputGroupInfo(dataset = [info.dataset]),
        info,
    ]

data_set = rule(
    implementation = _data_set_impl,
    doc = "Synthetic windows as the spec's `data` section asks for; training data, pilot set and the noisy one are actions of their own.",
    attrs = {"spec": _SPEC, "_quality": tool("//model/data:quality"), "_tool": tool("//model/data:generate")},
)

def _recorded_data_set_impl(ctx):
    info = _checked_data(ctx, ctx.file.dataset, ctx.file.pilot, None)
    return [
        DefaultInfo(files = depset([file for file in [info.dataset, info.pilot, info.quality] if file])),
        OutputGroupInfo(dataset = [info.dataset] if info.dataset else []),
        info,
    ]

recorded_data_set = rule(
    implementation = _recorded_data_set_impl,
    doc = "A data set that exists already; its quality is judged.",
    attrs = {
        "dataset": attr.label(allow_single_file = [".npz"], doc = "Left out for a model that needs no calibration."),
        "pilot": attr.label(allow_single_file = [".npz"], mandatory = True),
        "spec": _SPEC,
        "_quality": tool("//model/data:quality"),
    },
)

def _trained_weights_impl(ctx):
    model, history, ranges = ctx.outputs.model, ctx.outputs.history, ctx.outputs.ranges
    dataset = ctx.attr.data[DataSetInfo].dataset
    flags = {"dataset": dataset, "history": history, "output": model, "ranges": ranges, "spec": ctx.file.spec}
    if ctx.attr.seed_offset:
        flags["seed_offset"] = str(ctx.attr.seed_offset)
    if ctx.attr.role != "shipped":
        flags["role"] = ctx.attr.role
    run_tool(
        ctx,
        mnemonic = "Train",
        inputs = [ctx.file.spec, dataset],
        outputs = [model, history, ranges],
        flags = flags,
        progress = "Training",
    )
    return [DefaultInfo(files = depset([model, history, ranges])), TrainedWeightsInfo(model = model)]

trained_weights = rule(
    implementation = _trained_weights_impl,
    doc = "Trains the spec's architecture; the log has a line per epoch.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "role": attr.string(
            default = "shipped",
            values = ["ensemble", "shipped"],
            doc = "`ensemble`: a sparring partner of the adversarial gate, trained for its `ensemble_epochs`.",
        ),
        "seed_offset": attr.int(doc = "Added to the spec's seed: another, independent network."),
        "spec": _SPEC,
        "_tool": tool("//model/training:train"),
    },
    # By labels of their own, since int8_model takes a file: a trained one or a user's.
    outputs = {
        "history": "%{name}.history.json",
        "model": "%{name}.keras",
        "ranges": "%{name}.ranges.json",
    },
)

def _model_path(ctx):
    """The path of a model that is one file, or the folder of a SavedModel: as files, or as one directory."""
    files = ctx.files.model
    folders = [file.dirname for file in files if file.basename == "saved_model.pb"]
    if len(folders) == 1:
        return folders[0]
    if len(files) == 1 and (files[0].is_directory or files[0].extension in _MODEL_EXTENSIONS):
        return files[0].path
    fail(("%s: model: no network; got %s, want one %s file, or the files of one SavedModel. Fix: name the file, or " +
          "a filegroup of a glob over the folder") % (
        ctx.label,
        ", ".join([file.short_path for file in files]),
        ", ".join(["." + extension for extension in _MODEL_EXTENSIONS]),
    ))

def _int8_model_impl(ctx):
    tflite = ctx.actions.declare_file(ctx.label.name + ".tflite")
    report = ctx.actions.declare_file(ctx.label.name + ".json")
    dataset = ctx.attr.data[DataSetInfo].dataset
    model = _model_path(ctx)
    if not dataset and not model.endswith(".tflite"):
        fail("%s: a float network must be calibrated; got no dataset, want an .npz. Fix: give `dataset`" % ctx.label)
    flags = {"model": model, "output": tflite, "report": report, "spec": ctx.file.spec}
    if dataset:
        flags["dataset"] = dataset
    if ctx.file.ranges:
        flags["ranges"] = ctx.file.ranges
    run_tool(
        ctx,
        mnemonic = "Quantize",
        inputs = [ctx.file.spec, ctx.attr.data[DataSetInfo].quality] + ctx.files.model + [file for file in [dataset, ctx.file.ranges] if file],
        outputs = [tflite, report],
        flags = flags,
        progress = "Quantizing",
    )
    files = [tflite, report]
    return [
        DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files)),
        Int8ModelInfo(tflite = tflite),
    ]

int8_model = rule(
    implementation = _int8_model_impl,
    doc = "Converts a float network to a full-int8 .tflite, calibrated on training data, or takes a finished one as it is.",
    attrs = {
        "data": attr.label(mandatory = True, providers = [DataSetInfo]),
        "model": attr.label(allow_files = True, mandatory = True, doc = "What model/README.md lists."),
        "ranges": attr.label(allow_single_file = [".json"], doc = "What quantization-aware training asks for."),
        "spec": _SPEC,
        "_tool": tool("//model/quantization:quantize"),
    },
)
