"""The simulator's one error: the simulated program, or the image, did what the chip cannot go on from.

Purpose: a run that failed has no result. Callers see one exception that names the address, the pc and the symbol,
and carries what the firmware had sent by then.
"""

from tools.errors import UserError


class SimError(UserError):
    """A fault, a lockup, a runaway loop or an image that cannot boot. Attribute `uart_bytes`: sent until then, unread."""

    def __init__(self, message: str, uart_bytes: bytes = b"") -> None:
        super().__init__(message)
        self.uart_bytes = uart_bytes
