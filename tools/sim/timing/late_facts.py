"""Instructions whose cost depends on flags or operands as they execute: divides, and IT blocks with costly contents.

Purpose: finds them in the image beforehand, and says which fact follows from the registers as they execute, in tables for
../native/late.c.
The scan looks at every halfword; literals that look like such an instruction are found too and never reached.
"""

import struct
from dataclasses import dataclass
from itertools import takewhile

from tools.sim.timing.decode import decode_block

_IT_BLOCK_BYTES_MAX = 2 + 4 * 4


@dataclass(frozen=True, slots=True)
class Predicate:
    """An IT block with costly contents; its fact is whether the condition code `condition` holds."""

    condition: int

    @property
    def facts(self) -> bytes:
        """1 or 0, by the flags NZCV as a number."""
        return bytes(condition_holds(self.condition, flags << 28) for flags in range(16))


@dataclass(frozen=True, slots=True)
class Divide:
    """A divide of two registers; its fact is the cycles that it takes."""

    dividend: int
    divisor: int
    signed: bool

    @property
    def facts(self) -> bytes:
        """Cycles, by the bits of the quotient: at most that many, 0 where it is 0 or the divisor is."""
        return bytes(divide_cycles(bits, self.signed) for bits in range(33))


def find_late_instructions(code: bytes, address: int) -> dict[int, Predicate | Divide]:
    """Late instructions in `code`, by their address."""
    found: dict[int, Predicate | Divide] = {}
    halfwords = struct.unpack(f"<{len(code) // 2}H", code[: len(code) & ~1])
    for index, halfword in enumerate(halfwords):
        if halfword & 0xFF00 == 0xBF00 and halfword & 0xF:
            if _is_costly(code[2 * index : 2 * index + _IT_BLOCK_BYTES_MAX], address + 2 * index):
                found[address + 2 * index] = Predicate(halfword >> 4 & 0xF)
        elif halfword & 0xFFD0 == 0xFB90 and index + 1 < len(halfwords) and halfwords[index + 1] & 0xF0F0 == 0xF0F0:
            found[address + 2 * index] = Divide(halfword & 0xF, halfwords[index + 1] & 0xF, signed=not halfword & 0x20)
    return found


def _is_costly(code: bytes, address: int) -> bool:
    inside = takewhile(lambda op: op.condition is not None, decode_block(code, address)[1:])
    return any((op.access is not None or op.cycles > 1) and op.branch_cycles is None for op in inside)


def condition_holds(condition: int, xpsr: int) -> bool:
    """Whether the condition code (ARMv7-M ARM, A7.3) holds for the flags in `xpsr`."""
    n, z, c, v = xpsr >> 31 & 1, xpsr >> 30 & 1, xpsr >> 29 & 1, xpsr >> 28 & 1
    base = (z, c, n, v, c and not z, n == v, n == v and not z, True)[condition >> 1]
    return bool(base) != bool(condition & 1 and condition != 0xF)


def divide_cycles(quotient_bits: int, signed: bool) -> int:
    """Cycles of UDIV or SDIV: 2 to 12 by operands (TRM table 3-1).

    The shape is an assumption within the TRM's range: 2 when the quotient is 0 or the divisor is, else 3 plus one for each
    four bits of the quotient (bits of the dividend less those of the divisor, and one), one more when signed.
    """
    return min(3 + (quotient_bits + 3) // 4 + signed, 12) if quotient_bits else 2
