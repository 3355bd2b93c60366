"""run_tool: the one way in which the rules here start a Python tool of this workspace."""

# What every tool gets; a test that starts tools gives it to them, too.
TOOL_ENVIRONMENT = {
    # Keras would read the user's ~/.keras/keras.json, an undeclared input.
    "KERAS_HOME": ".keras",
    "PYTHONHASHSEED": "0",
    # It announces its successor, which is another package, at every start.
    "PYTHONWARNINGS": "ignore::UserWarning:tensorflow.lite.python.interpreter",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # libm picks variants of exp, tanh and others by the CPU, which differ in the last bit: those without FMA run everywhere.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4,-AVX",
    # oneDNN picks other kernels, and so other roundings, on every CPU.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}

def run_tool(ctx, mnemonic, inputs, outputs, flags, progress, executable = None):
    """Runs `executable`, or `ctx.executable._tool`, with absl flags.

    Args:
      ctx: the rule's context; it has an attribute `_tool`, or `executable` is given.
      mnemonic: the action's mnemonic.
      inputs: list of File.
      outputs: list of File.
      flags: dict of flag name to File, string or list of File.
      progress: what is being done, for the progress message.
      executable: another tool than `_tool`.
    """
    args = ctx.actions.args()
    for name, value in flags.items():
        if type(value) == "list":
            args.add_joined(value, join_with = ",", format_joined = "--%s=%%s" % name)
        else:
            args.add(value, format = "--%s=%%s" % name)
    ctx.actions.run(
        outputs = outputs,
        inputs = inputs,
        executable = executable or ctx.executable._tool,
        arguments = [args],
        env = TOOL_ENVIRONMENT,
        mnemonic = mnemonic,
        progress_message = "%s %s" % (progress, ctx.label),
    )

def tool(label):
    """The private attribute that run_tool uses."""
    return attr.label(default = label, executable = True, cfg = "exec")
