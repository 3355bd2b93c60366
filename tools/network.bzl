"""edgeplug_network: the whole way from a spec to a gated firmware image, for any network."""

load("//firmware:defs.bzl", "FIRMWARE_COPTS")
load("//gates/environments:environment_measurement.bzl", "environment_measurements")
load("//gates/reproducibility:lock.bzl", "artifact_lock")
load("//tools/rules:card.bzl", "model_card")
load("//tools/rules:firmware.bzl", "c_source", "firmware_image", "firmware_release", "kernel_costs", "network_header")
load(
    "//tools/rules:gate.bzl",
    "adversarial_measurement",
    "gate_report",
    "gate_test",
    "image_summary",
    "precision_measurement",
    "reproducibility_measurement",
    "size_measurement",
    "timing_measurement",
)
load("//tools/rules:m4_binary.bzl", "NETWORK_COPTS", "m4_elf", "m4_library")
load("//tools/rules:model.bzl", "data_set", "int8_model", "network_spec", "recorded_data_set", "trained_weights")
load("//tools/rules:profile.bzl", "network_profile", "subject_binary")

# What the report's execution environments run of the pilot set at most.
_ENVIRONMENT_WINDOWS = 200

# Sparring partners of the adversarial gate; DeepXplore (Pei et al. 2017) uses three as well.
_ENSEMBLE = 3

def _learned(name, spec, model, dataset, pilot, visibility):
    """Data, weights and int8 model; returns the labels that a second build must reproduce."""
    if pilot:
        recorded_data_set(name = name + "_data", dataset = dataset, pilot = pilot, spec = spec, visibility = visibility)
    else:
        data_set(name = name + "_data", spec = spec, visibility = visibility)
    native.filegroup(name = name + "_dataset", srcs = [name + "_data"], output_group = "dataset", visibility = visibility)
    if not model:
        trained_weights(name = name + "_weights", data = name + "_data", spec = spec, visibility = visibility)
    int8_model(
        name = name + "_int8",
        data = name + "_data",
        model = model or name + "_weights.keras",
        ranges = None if model else name + "_weights.ranges.json",
        spec = spec,
        visibility = visibility,
    )
    made = [] if pilot else [name + "_data"]
    return made + ([] if model else [name + "_weights"]) + [name + "_int8"]

def _compiled(name, spec, target, detector, visibility):
    """C source, library and image."""
    kernel_costs(name = name + "_costs", model = name + "_int8", spec = spec, visibility = visibility)
    c_source(
        name = name + "_c_source",
        costs = select({
            "//cmsis:own_kernels": name + "_costs",
            "//conditions:default": None,
        }),
        model = name + "_int8",
        # Another library is called as it is, by the public API.
        policy = select({
            "//cmsis:own_kernels": "",
            "//conditions:default": "cmsis_nn",
        }),
        prefix = name,
        spec = spec,
        visibility = visibility,
    )
    native.filegroup(name = name + "_c", srcs = [name + "_c_source"], output_group = "source", visibility = visibility)
    native.filegroup(name = name + "_h", srcs = [name + "_c_source"], output_group = "header", visibility = visibility)
    native.filegroup(name = name + "_plan", srcs = [name + "_c_source"], output_group = "plan", visibility = visibility)
    network_header(name = name + "_binding", detector = detector, network = name + "_c_source")
    m4_library(
        name = name + "_library",
        srcs = [name + "_c"],
        hdrs = [name + "_h"],
        copts = NETWORK_COPTS,
        visibility = visibility,
        deps = ["//cmsis:runtime"],
    )
    board = "//firmware/boards/%s" % target
    m4_elf(
        name = name + "_program",
        srcs = ["//firmware:image_srcs"],
        hdrs = [name + "_binding"],
        copts = FIRMWARE_COPTS,
        libraries = [name + "_library"],
        linker_script = board + ":link.ld",
        sealed = True,
        visibility = visibility,
        deps = [board + ":board"],
    )
    firmware_image(name = name + "_firmware", program = name + "_program", visibility = visibility)

def _observed(name, spec, visibility):
    """What shows where the cycles of an inference go."""
    network_profile(
        name = name + "_profile",
        data = name + "_data",
        firmware = name + "_firmware",
        network = name + "_c_source",
        spec = spec,
        visibility = visibility,
    )
    for suffix, main, library in [
        ("_gdb", "//tools/gdb:server.py", "//tools/gdb:server"),
        ("_trace", "//tools/trace:instruction_trace.py", "//tools/trace:instruction_trace"),
    ]:
        subject_binary(
            name = name + suffix,
            data = name + "_data",
            library = library,
            main = main,
            plan = name + "_plan",
            program = name + "_program",
            spec = spec,
            visibility = visibility,
        )

def _gated(name, spec, made, gates, target, visibility):
    """A measurement and a test per gate."""
    common = {
        "data": name + "_data",
        "firmware": name + "_firmware",
        "int8_model": name + "_int8",
        "network": name + "_c_source",
        "spec": spec,
        "visibility": visibility,
    }

    # Size and timing are always measured: the line about the image states them.
    size_measurement(name = name + "_size", **common)
    timing_measurement(name = name + "_timing", **common)
    image_summary(
        name = name,
        firmware = name + "_firmware",
        size = name + "_size",
        spec = spec,
        timing = name + "_timing",
        visibility = visibility,
    )
    if "precision" in gates:
        precision_measurement(
            name = name + "_precision",
            flags = select({
                # Only our own kernels promise TFLite's very bits.
                "//cmsis:own_kernels": {"exact": "true"},
                "//conditions:default": {"exact": "false"},
            }),
            **common
        )
    if "adversarial" in gates:
        ensemble = ["%s_ensemble_%d" % (name, i + 1) for i in range(_ENSEMBLE)]
        for i, network in enumerate(ensemble):
            trained_weights(name = network, data = name + "_data", role = "ensemble", seed_offset = i + 1, spec = spec)
        adversarial_measurement(
            name = name + "_adversarial",
            ensemble = ensemble,
            model = name + "_weights.keras",
            **common
        )
    if "reproducibility" in gates:
        artifacts = made + [name + "_c_source", name + "_program.elf", name + "_program.bin"]
        reproducibility_measurement(name = name + "_reproducibility", first = artifacts, second = artifacts)
    locked, machine = environment_measurements(name, target, _ENVIRONMENT_WINDOWS, visibility)
    gate_report(
        name = name + "_report",
        environments = locked,
        machine_environments = machine,
        measurements = ["%s_%s" % (name, gate) for gate in gates],
        spec = spec,
        visibility = visibility,
    )
    for gate in gates:
        gate_test(
            name = "%s_%s_test" % (name, gate),
            gate = gate,
            measurement = "%s_%s" % (name, gate),
            spec = spec,
            visibility = visibility,
        )
    native.test_suite(
        name = name + "_gates",
        tests = ["%s_%s_test" % (name, gate) for gate in gates],
        visibility = visibility,
    )

def edgeplug_network(
        name,
        spec,
        model = None,
        dataset = None,
        pilot = None,
        gates = None,
        target = "stm32l476",
        lock = None,
        detector = False,
        statement = None,
        version = "0.0.0",
        visibility = ["//visibility:public"]):
    """Takes a network from its spec to a firmware image, and gives the image its gates.

    Without `model`, `dataset` and `pilot` the spec's sections `data`, `architecture` and `training` say how both are made.

    Args:
      name: the network's name, the same as the spec's `name`: a C identifier, prefix of the library's symbols.
      spec: the network's YAML spec.
      model: a network trained elsewhere: .keras, .h5, a filegroup of the files of a SavedModel, or a finished int8 .tflite.
      dataset: .npz with x_train (for calibration) and further splits as model/README.md says; a .tflite needs none.
      pilot: .npz with x and y: the windows that judge; given with `dataset` or `model`.
      gates: the gates to pass; by default all, without `adversarial` (which trains sparring partners by the spec) if
        `model` is given. The spec has limits for these and no others.
      target: the board, a folder of //firmware/boards; the same as the spec's `target`.
      lock: a committed JSON with the hashes of all artifacts, which any machine must reproduce; begin with an empty file.
      detector: whether the image has the streaming detector (firmware/README.md): for networks that tell transients and harmonics
        in one cycle of 128 samples from the voltage alone.
      statement: Markdown with purpose and limits of use, which opens the model card.
      version: three numbers, such as 1.4.2, for name_release.
      visibility: of everything that follows.

    Emits:
      name: NAME.bin, the flash image, and NAME.summary.txt, the line about it.
      name_spec: the checked spec.
      name_dataset: the training data alone.
      name_data: training data, pilot set, windows at the pilot set's least signal-to-noise ratio, and the figures of their quality. name_weights: the trained
        .keras, its history and its ranges. name_int8: the .tflite.
      name_costs: .json, the cycles and bytes of each kernel that may run a layer.
      name_c_source: NAME.c, NAME.h, NAME.plan.json and its picture NAME.plan.svg. name_plan: the JSON alone. name_library: the m4_library of them.
      name_program: .elf, .bin, .map and .symbols.txt (the size table). name_firmware: the same with a FirmwareInfo.
      name_trace, name_gdb: for `bazel run`: the instructions of one inference; a server for a debugger.
      name_profile: .json, .txt, .svg and .speedscope.json: cycles of one inference by layer and cause.
      name_GATE and name_GATE_test: what a gate measured, and its verdict. name_gates: the suite of the verdicts.
      name_environment_ENVIRONMENT: what it makes of the firmware; see environment_measurement.bzl for what else that emits.
      name_release: the folder that //tools:sign signs: image, ELF, int8 model, report, manifest, SBOM and provenance.
      name_lock_test, with `lock`: fails where an artifact has other bytes. name_lock: `bazel run` it to write the JSON anew.
      name_card: .md and .json, the model card, if there is a precision gate.
      name_report: .md and .json, all figures beside their limits, and the execution environments that every machine has;
        .machine.txt, the others.
    """
    if bool(dataset or model) != bool(pilot):
        fail("//%s:%s: model, dataset and pilot belong together; got model %s, dataset %s, pilot %s. Fix: name them all" %
             (native.package_name(), name, model, dataset, pilot))
    gates = gates or ["precision", "timing", "size", "reproducibility"] + ([] if model else ["adversarial"])
    checked = name + ".checked.yaml"
    network_spec(
        name = name + "_spec",
        checked = checked,
        gates = gates,
        network = name,
        spec = spec,
        target = target,
        visibility = visibility,
    )
    made = _learned(name, checked, model, dataset, pilot, visibility)
    _compiled(name, checked, target, detector, visibility)
    _observed(name, checked, visibility)
    _gated(name, checked, made, gates, target, visibility)
    measured = ["%s_%s" % (name, gate) for gate in gates if gate != "reproducibility"]
    built = [name + suffix for suffix in ["_costs", "_c_source", "_program.elf", "_program.bin"]]
    firmware_release(
        name = name + "_release",
        artifacts = made + built + measured,
        board = target,
        firmware = name + "_firmware",
        image = name,
        int8_model = name + "_int8",
        network = name + "_c_source",
        report = name + "_report",
        size = name + "_size",
        version = version,
        visibility = visibility,
    )
    if "precision" in gates:
        model_card(
            name = name + "_card",
            data = name + "_data",
            firmware = name + "_firmware",
            network = name + "_c_source",
            precision = name + "_precision",
            size = name + "_size",
            spec = checked,
            statement = statement,
            timing = name + "_timing",
            visibility = visibility,
        )
    if lock:
        artifact_lock(name, made + built + measured, lock, visibility)
