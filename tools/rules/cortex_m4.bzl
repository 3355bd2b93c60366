"""The transition to the firmware's platform."""

def _cortex_m4_impl(_settings, _attr):
    return {
        # Optimisation is the toolchain's and the target's own matter: -c dbg must not change the image.
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:platforms": ["//tools/platforms:cortex_m4f"],
    }

cortex_m4_transition = transition(
    implementation = _cortex_m4_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:platforms",
    ],
)
