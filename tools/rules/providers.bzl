"""What the steps hand to each other: one provider for each artifact on the way from a spec to a judged image."""

DataSetInfo = provider(
    doc = "Labelled windows.",
    fields = {
        "dataset": "File, .npz: training, validation and test split; None if a finished model needs none.",
        "noisy": "File, .npz: windows as those of the pilot set, at its least signal-to-noise ratio; None for recorded ones.",
        "quality": "File, .json: what the checks of the data's quality found; without it nothing is quantized.",
        "pilot": "File, .npz: the windows that judge, never seen while training or choosing.",
    },
)

TrainedWeightsInfo = provider(
    doc = "A trained float network.",
    fields = {"model": "File: .keras, or a legacy .h5."},
)

Int8ModelInfo = provider(
    doc = "A quantized network.",
    fields = {"tflite": "File: .tflite, int8 throughout."},
)

CSourceInfo = provider(
    doc = "A network as a C99 library.",
    fields = {
        "header": "File: the library's header.",
        "plan": "File, .json: layers, memory plan, sizes, scales.",
        "source": "File: the library's source.",
    },
)

FirmwareInfo = provider(
    doc = "A bootable image.",
    fields = {
        "elf": "File: the linked program with its symbols.",
        "image": "File: the bytes that are flashed.",
        "map": "File: the linker's map.",
    },
)

MeasurementInfo = provider(
    doc = "What a gate measured.",
    fields = {
        "gate": "string: the gate's name.",
        "measurement": "File, .json.",
    },
)
