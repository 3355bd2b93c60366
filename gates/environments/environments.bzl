"""Execution environments as data, and the macro that runs one functional test in all of them."""

load("@pip//:requirements.bzl", "requirement")
load("//firmware:defs.bzl", "FIRMWARE_COPTS")
load("//gates/environments/renode:host.bzl", "RENODE")
load("//tools/pytest:defs.bzl", "pytest_test")
load("//tools/rules:firmware.bzl", "network_header")
load("//tools/rules:m4_binary.bzl", "m4_elf")
load(":answers.bzl", "reference_answers")

# board: a folder of //firmware/boards. runner: a name in environment.py. clock_hz: the core clock that the firmware reads
# back. windows: how many are run at most. tries: how often a request is made while a busy host disturbs it. data, variables:
# what the runner needs. requires: constraints; a host that lacks one skips.
ENVIRONMENTS = [
    struct(
        name = "sim",
        board = "stm32l476",
        runner = "sim",
        clock_hz = 80000000,
        windows = 200,
        tries = 1,
        data = [],
        variables = {},
        requires = [],
    ),
    struct(
        name = "qemu",
        board = "netduinoplus2",
        runner = "qemu",
        # QEMU has no RCC: the firmware finds the 16 MHz after reset.
        clock_hz = 16000000,
        windows = 200,
        tries = 10,
        data = ["@qemu"],
        variables = {},
        requires = [],
    ),
    struct(
        name = "renode",
        board = "stm32l476",
        runner = "renode",
        clock_hz = 80000000,
        # Each byte is a command of Renode's console.
        windows = 20,
        tries = 1,
        data = ["//gates/environments/renode:platform"],
        variables = {"RENODE": RENODE.program} if RENODE.program else {},
        requires = RENODE.requires,
    ),
]

def _image(name, network, board, target):
    """The label of the network's .bin for a board: for its own board the image that ships."""
    if board == target:
        return network + "_program.bin"
    m4_elf(
        name = "%s_%s" % (name, board),
        srcs = ["//firmware:image_srcs"],
        hdrs = [name + "_binding"],
        copts = FIRMWARE_COPTS,
        libraries = [network + "_library"],
        linker_script = "//firmware/boards/%s:link.ld" % board,
        deps = ["//firmware/boards/%s:board" % board],
    )
    return ":%s_%s.bin" % (name, board)

def _functest(name, environment, network, image, windows):
    """The functional test in one environment."""
    pytest_test(
        name = "%s_functest_%s" % (name, environment.name),
        size = "medium",
        srcs = ["//gates/environments:service_functest.py"],
        data = [image, name + "_answers", network + "_plan"] + environment.data,
        env = dict(environment.variables, **{
            "EDGEPLUG_ANSWERS": "$(rootpath %s_answers)" % name,
            "EDGEPLUG_BOARD": environment.board,
            "EDGEPLUG_CLOCK_HZ": str(environment.clock_hz),
            "EDGEPLUG_IMAGE": "$(rootpath %s)" % image,
            "EDGEPLUG_NAME": environment.name,
            "EDGEPLUG_PLAN": "$(rootpath %s_plan)" % network,
            "EDGEPLUG_RUNNER": environment.runner,
            "EDGEPLUG_TRIES": str(environment.tries),
            "EDGEPLUG_WINDOWS": str(min(environment.windows, windows)),
        }),
        target_compatible_with = environment.requires,
        deps = [
            "//firmware:client",
            "//firmware:protocol",
            "//gates:image",
            "//gates/environments:answers",
            "//gates/environments:environment",
            requirement("numpy"),
        ],
    )

def _robot_functest(name, environment, image):
    """Renode's own test of the image, and the exchanges that it plays."""
    exchanges = name + "_exchanges.json"
    native.genrule(
        name = name + "_exchanges",
        srcs = [image, name + "_answers"],
        outs = [exchanges],
        cmd = "$(execpath //gates/environments:make_exchanges) --image=$(execpath %s) --board=%s" % (image, environment.board) +
              " --answers=$(execpath %s_answers) --output=$@" % name,
        exec_tools = ["//gates/environments:make_exchanges"],
    )
    pytest_test(
        name = "%s_robot_functest_%s" % (name, environment.name),
        size = "medium",
        srcs = ["//gates/environments:robot_functest.py"],
        data = [image, exchanges] + environment.data,
        env = dict(environment.variables, **{
            "EDGEPLUG_EXCHANGES": "$(rootpath %s)" % exchanges,
            "EDGEPLUG_IMAGE": "$(rootpath %s)" % image,
        }),
        target_compatible_with = environment.requires,
        deps = ["//gates/environments:emulators"],
    )

def environment_functests(name, network, target = "stm32l476", windows = 200):
    """Runs a network's firmware in every environment: identity, scores against TFLite's, bad frames.

    Args:
      name: prefix of what follows.
      network: label of an edgeplug_network.
      target: that network's board, whose image ships; environments with another board get an image of the same sources.
      windows: how many windows of the pilot set are run at most.

    Emits:
      name_functest_ENVIRONMENT: a test for each of ENVIRONMENTS.
      name_robot_functest_renode: the test of Renode's own kind, and name_exchanges, what it plays.
      name_BOARD: .elf, .bin and .map for a board other than the target.
      name_answers: the windows and TFLite's scores. name_binding: network.h.
    """
    reference_answers(
        name = name + "_answers",
        data = network + "_data",
        int8_model = network + "_int8",
        network = network + "_c_source",
        windows = windows,
    )
    network_header(name = name + "_binding", network = network + "_c_source")
    images = {board: _image(name, network, board, target) for board in {e.board: None for e in ENVIRONMENTS}}
    for environment in ENVIRONMENTS:
        _functest(name, environment, network, images[environment.board], windows)
        if environment.runner == "renode":
            _robot_functest(name, environment, images[environment.board])
