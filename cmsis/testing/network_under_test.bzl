"""network_under_test: a Keras network on its whole way to Cortex-M4 code."""

load("//tools/rules:m4_binary.bzl", "NETWORK_COPTS", "m4_elf")

def network_under_test(name, deps):
    """Makes a network of make_network.py, compiles it and links it.

    Args:
      name: a name of NETWORKS.
      deps: cc_libraries with the kernels.

    Emits:
      name_model: NAME.tflite and NAME.yaml.
      name_c: NAME.c, NAME.h and NAME.json.
      name_program: NAME_program.elf, functions to call.
    """
    native.genrule(
        name = name + "_model",
        outs = [name + ".tflite", name + ".yaml"],
        cmd = "$(execpath :make_network) --network=%s --model=$(execpath %s.tflite) --spec=$(execpath %s.yaml)" % (
            name,
            name,
            name,
        ),
        tools = [":make_network"],
    )
    native.genrule(
        name = name + "_c",
        srcs = [name + ".tflite", name + ".yaml"],
        outs = [name + ".c", name + ".h", name + ".json"],
        cmd = " ".join([
            "$(execpath //cmsis/compiler:compile)",
            "--model=$(execpath %s.tflite)" % name,
            "--spec=$(execpath %s.yaml)" % name,
            "--source=$(execpath %s.c)" % name,
            "--header=$(execpath %s.h)" % name,
            "--plan=$(execpath %s.json)" % name,
        ]),
        tools = ["//cmsis/compiler:compile"],
    )
    m4_elf(
        name = name + "_program",
        srcs = [name + ".c", name + ".h"],
        copts = NETWORK_COPTS,
        linker_script = "functions.ld",
        linkopts = ["-Wl,--undefined={0}_init,--undefined={0}_reset,--undefined={0}_run,--entry={0}_run".format(name)],
        deps = deps,
        visibility = ["//cmsis:__subpackages__"],
    )
