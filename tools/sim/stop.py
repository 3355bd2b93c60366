"""Why a run of the simulator ended."""

import enum


class StopReason(enum.Enum):
    """IDLE: waits for input (polls an empty UART, or WFI). HALTED: `b .`. UNTIL: reached the address asked for.
    RESET: the firmware asked for a system reset. LIMIT is internal: a run that reaches its limit is a SimError."""

    IDLE = "idle"
    HALTED = "halted"
    UNTIL = "until"
    RESET = "reset"
    LIMIT = "limit"
