"""Execution environments as data, and the macro that runs one functional test in all of them."""

load("@pip//:requirements.bzl", "requirement")
load("//tools/pytest:defs.bzl", "pytest_test")

# board: a folder of //firmware/boards. runner: a name in environment.py. clock_hz: the core clock that the firmware reads
# back. windows: how many are run at most. tries: how often a request is made while a busy host disturbs it. time: what its
# cycles are (judge.py). locked: whether every machine has it. data: what the runner needs. requires: constraints; a host that lacks one skips.
ENVIRONMENTS = [
    struct(
        name = "sim",
        board = "stm32l476",
        runner = "sim",
        clock_hz = 80000000,
        windows = 200,
        tries = 1,
        time = "cycle model",
        locked = True,
        data = [],
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
        # Nor a DWT.
        time = "none",
        locked = True,
        data = ["@qemu"],
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
        time = "instruction-scaled",
        locked = False,
        data = [
            "//gates/environments/renode:platform",
            "@renode//:program.txt",
        ],
        requires = ["@renode//:required"],
    ),
]

def environment_image(network, board, target):
    """The label of a network's .bin for a board: for its own board the image that ships."""
    return network + ("_program.bin" if board == target else "_%s.bin" % board)

def _functest(name, environment, network, target, windows):
    """The functional test in one environment."""
    image = environment_image(network, environment.board, target)
    pytest_test(
        name = "%s_functest_%s" % (name, environment.name),
        size = "medium",
        srcs = ["//gates/environments:service_functest.py"],
        data = [image, network + "_answers", network + "_plan"] + environment.data,
        env = {
            "EDGEPLUG_ANSWERS": "$(rootpath %s_answers)" % network,
            "EDGEPLUG_BOARD": environment.board,
            "EDGEPLUG_CLOCK_HZ": str(environment.clock_hz),
            "EDGEPLUG_IMAGE": "$(rootpath %s)" % image,
            "EDGEPLUG_NAME": environment.name,
            "EDGEPLUG_PLAN": "$(rootpath %s_plan)" % network,
            "EDGEPLUG_RUNNER": environment.runner,
            "EDGEPLUG_TRIES": str(environment.tries),
            "EDGEPLUG_WINDOWS": str(min(environment.windows, windows)),
        },
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

def _robot_functest(name, environment, network, target):
    """Renode's own test of the image, and the exchanges that it plays."""
    exchanges = name + "_exchanges.json"
    image = environment_image(network, environment.board, target)
    native.genrule(
        name = name + "_exchanges",
        srcs = [image, network + "_answers"],
        outs = [exchanges],
        cmd = "$(execpath //gates/environments:make_exchanges) --image=$(execpath %s) --board=%s" % (image, environment.board) +
              " --answers=$(execpath %s_answers) --output=$@" % network,
        exec_tools = ["//gates/environments:make_exchanges"],
    )
    pytest_test(
        name = "%s_robot_functest_%s" % (name, environment.name),
        size = "medium",
        srcs = ["//gates/environments:robot_functest.py"],
        data = [image, exchanges] + environment.data,
        env = {
            "EDGEPLUG_EXCHANGES": "$(rootpath %s)" % exchanges,
            "EDGEPLUG_IMAGE": "$(rootpath %s)" % image,
        },
        target_compatible_with = environment.requires,
        deps = ["//gates/environments:robot"],
    )

def environment_functests(name, network, target = "stm32l476", windows = 200):
    """Runs a network's firmware in every environment: identity, scores against TFLite's, bad frames.

    Args:
      name: prefix of what follows.
      network: label of an edgeplug_network, which has the images and the answers (environment_measurement.bzl).
      target: that network's board, whose image ships.
      windows: how many windows of the pilot set are run at most.

    Emits:
      name_functest_ENVIRONMENT: a test for each of ENVIRONMENTS.
      name_robot_functest_renode: the test of Renode's own kind, and name_exchanges, what it plays.
    """
    for environment in ENVIRONMENTS:
        _functest(name, environment, network, target, windows)
        if environment.runner == "renode":
            _robot_functest(name, environment, network, target)
