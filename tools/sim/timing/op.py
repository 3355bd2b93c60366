"""What the cycle model knows of one instruction.

Purpose: `Op`, made by decode.py from a disassembly, costed by pipeline.py. Registers are numbers: r0 to r15 are 0 to 15,
s0 to s31 are 32 to 63.
"""

import enum
from dataclasses import dataclass

SP, LR, PC, S0 = 13, 14, 15, 32


class Kind(enum.Enum):
    """Classes of instructions that the pipeline treats differently."""

    DATA = "data processing"
    LOAD = "single load"
    STORE = "single store"
    LOAD_MULTIPLE = "LDM, POP, VLDM, LDRD"
    STORE_MULTIPLE = "STM, PUSH, VSTM, STRD"
    DIVIDE = "early-terminating divide"
    FLOAT = "floating point"
    IT = "if-then"
    OTHER = "system, barrier, hint"


@dataclass(frozen=True, slots=True)
class Access:
    """A data access: `words` of `width_bytes` at base + (index << shift) + offset, or at base alone if `post_indexed`;
    `writeback` if the base register is updated."""

    base: int
    index: int | None
    shift: int
    offset: int
    writeback: bool
    post_indexed: bool
    words: int
    width_bytes: int


@dataclass(frozen=True, slots=True)
class Term:
    """A summand: `sign` ("+" or "-") times (register, or `constant` if that is None) << shift."""

    sign: str
    register: int | None
    shift: int
    constant: int


@dataclass(frozen=True, slots=True)
class Op:
    """One instruction. `cycles` is the cost alone, without stalls; `branch_cycles` the extra when it branches.

    `condition` is None, or inside an IT block True where the block's condition must hold and False where it must not.
    `terms` is the sum that is written to the one register in `writes`, None if it is no sum; `destination` the register
    that a single load fills.
    """

    address: int
    size_bytes: int
    name: str
    kind: Kind
    cycles: int
    reads: frozenset[int]
    writes: frozenset[int]
    access: Access | None
    branch_cycles: int | None
    condition: bool | None
    terms: tuple[Term, ...] | None
    destination: int | None

    @property
    def end(self) -> int:
        """Address behind the instruction."""
        return self.address + self.size_bytes

    @property
    def address_registers(self) -> frozenset[int]:
        """Registers that the access's address is made of."""
        if self.access is None:
            return frozenset()
        return frozenset(r for r in (self.access.base, self.access.index) if r is not None)
