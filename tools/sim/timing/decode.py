"""Disassembles a basic block into `Op`s, with the cost of each instruction alone.

Sources of the costs: Cortex-M4 TRM DDI0439, table 3-1 (core) and 7-1 (FPU), and TIMING.md where measurement is finer:
B and BL +1, taken conditional branches, BX, and loads to pc +2. IT folds to 0.
"""

import capstone
from capstone import arm as cs

from tools.sim.timing.op import LR, PC, S0, SP, Access, Kind, Op, Term

_DISASSEMBLER = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
_DISASSEMBLER.detail = True

_WIDTHS = {"b": 1, "sb": 1, "h": 2, "sh": 2}
_FLOAT_CYCLES = {
    "vdiv": 14, "vsqrt": 14, "vmla": 3, "vmls": 3, "vnmla": 3, "vnmls": 3, "vfma": 3, "vfms": 3, "vfnma": 3, "vfnms": 3,
}  # fmt: skip
_OTHER_CYCLES = {"msr": 2, "mrs": 2, "cps": 2, "dsb": 3, "dmb": 3, "isb": 3, "svc": 1, "bkpt": 1}
_MULTIPLE = {"ldm", "ldmdb", "pop", "vldmia", "vldmdb", "vpop", "stm", "stmdb", "push", "vstmia", "vstmdb", "vpush"}
_IMMEDIATE_BRANCHES, _REGISTER_BRANCHES = {"b", "bl"}, {"bx", "blx"}
_COMPARE_BRANCHES, _TABLE_BRANCHES = {"cbz", "cbnz"}, {"tbb", "tbh"}
_SHIFTS_LEFT = cs.ARM_SFT_LSL


def decode_block(code: bytes, address: int) -> tuple[Op, ...]:
    """The instructions of `code`, which starts outside of an IT block; stops at bytes that are none."""
    ops: list[Op] = []
    conditions: list[bool] = []
    for instruction in _DISASSEMBLER.disasm(code, address):
        condition = conditions.pop(0) if conditions else None
        op = _decode(instruction, condition)
        if op.kind is Kind.IT:
            conditions = [letter == "t" for letter in instruction.mnemonic[1:]]
        ops.append(op)
    return tuple(ops)


def _register(number: int) -> list[int]:
    name = _DISASSEMBLER.reg_name(number) or ""
    named = {"sp": SP, "lr": LR, "pc": PC, "sb": 9, "sl": 10, "fp": 11, "ip": 12}
    if name in named:
        return [named[name]]
    if name[:1] in ("r", "s", "d") and name[1:].isdigit():
        index = int(name[1:])
        return {"r": [index], "s": [S0 + index], "d": [S0 + 2 * index, S0 + 2 * index + 1]}[name[0]]
    return []


def _decode(instruction, condition: bool | None) -> Op:
    name = instruction.insn_name()
    read, written = instruction.regs_access()
    reads = frozenset(r for number in read for r in _register(number))
    writes = frozenset(r for number in written for r in _register(number))
    kind, cycles, access = _classify(instruction, name)
    if kind is Kind.FLOAT and name in ("vpush", "vpop"):
        writes = frozenset({SP})
    return Op(
        instruction.address, instruction.size, name, kind, cycles, reads, writes, access,
        _branch_cycles(instruction, name, writes, condition), condition, _terms(instruction, name),
        _register(instruction.operands[0].reg)[0] if kind is Kind.LOAD and name.startswith("ldr") else None,
    )  # fmt: skip


def _classify(instruction, name: str) -> tuple[Kind, int, Access | None]:
    if name.startswith("it") and set(name[1:]) <= {"t", "e"}:
        return Kind.IT, 0, None
    if name in _MULTIPLE:
        return _multiple(instruction, name)
    if name in ("ldrd", "strd"):
        return Kind.LOAD_MULTIPLE if name == "ldrd" else Kind.STORE_MULTIPLE, 3, _single_access(instruction, 2, 4)
    if name in ("vldr", "vstr"):
        words = len(_register(instruction.operands[0].reg))
        kinds = (Kind.LOAD, Kind.LOAD_MULTIPLE) if name == "vldr" else (Kind.STORE, Kind.STORE_MULTIPLE)
        cycles = 1 if kinds[words - 1] is Kind.STORE else words + 1
        return kinds[words - 1], cycles, _single_access(instruction, words, 4)
    if name.startswith(("ldr", "str")):
        suffix = name[3:].removeprefix("ex").removesuffix("t")
        access = _single_access(instruction, 1, _WIDTHS.get(suffix, 4))
        return (Kind.LOAD, 2, access) if name.startswith("ldr") else (Kind.STORE, 1 if access.index is None else 2, access)
    if name in ("sdiv", "udiv"):
        return Kind.DIVIDE, 2, None
    if name in _TABLE_BRANCHES:
        memory = instruction.operands[0].mem
        base, index, shift = _register(memory.base)[0], _register(memory.index)[0], int(name == "tbh")
        return Kind.LOAD, 2, Access(base, index, shift, 0, False, False, words=1, width_bytes=1 + shift)
    if name in _OTHER_CYCLES:
        return Kind.OTHER, _OTHER_CYCLES[name], None
    if name.startswith("v"):
        return Kind.FLOAT, _FLOAT_CYCLES.get(name, 1), None
    return Kind.DATA, 1, None


def _multiple(instruction, name: str) -> tuple[Kind, int, Access]:
    operands = [_register(operand.reg) for operand in instruction.operands]
    implicit_sp = name in ("push", "pop", "vpush", "vpop")
    base = SP if implicit_sp else operands[0][0]
    words = sum(len(registers) for registers in (operands if implicit_sp else operands[1:]))
    downwards = name in ("push", "vpush") or name.endswith("db")
    kind = Kind.LOAD_MULTIPLE if name.startswith(("ldm", "pop", "vldm", "vpop")) else Kind.STORE_MULTIPLE
    writeback = implicit_sp or bool(instruction.writeback)
    return kind, 1 + words, Access(base, None, 0, -4 * words if downwards else 0, writeback, False, words, 4)


def _single_access(instruction, words: int, width_bytes: int) -> Access:
    operand = next(o for o in instruction.operands if o.type == cs.ARM_OP_MEM)
    memory = operand.mem
    index = _register(memory.index)[0] if memory.index else None
    shift = operand.shift.value if operand.shift.type == _SHIFTS_LEFT else 0
    writeback, post_indexed = bool(instruction.writeback), bool(instruction.post_index)
    step = next((o.imm for o in instruction.operands if o.type == cs.ARM_OP_IMM), 0)
    offset = step if post_indexed else memory.disp
    return Access(_register(memory.base)[0], index, shift, offset, writeback, post_indexed, words, width_bytes)


def _branch_cycles(instruction, name: str, writes: frozenset[int], condition: bool | None) -> int | None:
    """Extra cycles when the instruction branches; None for one that never does."""
    if name in _COMPARE_BRANCHES or name in _TABLE_BRANCHES or name in _REGISTER_BRANCHES:
        return 2
    if name in _IMMEDIATE_BRANCHES:
        is_conditional = condition is not None or instruction.cc not in (cs.ARM_CC_AL, cs.ARM_CC_INVALID)
        return 2 if is_conditional else 1
    return 2 if PC in writes else None


def _terms(instruction, name: str) -> tuple[Term, ...] | None:
    """The sum that a move, addition, subtraction or shift to the left writes; None for all else."""
    operands = instruction.operands
    if name in ("mov", "movw"):
        return _summand("+", operands[1])
    if name == "movt":
        low = _register(operands[0].reg)[0]
        return Term("+", low, 0, 0), Term("+", None, 0, operands[1].imm << 16)
    if name == "adr":
        return (Term("+", None, 0, (instruction.address + 4 & ~3) + operands[1].imm),)
    if name == "lsl" and operands[-1].type == cs.ARM_OP_IMM:
        return (Term("+", _register(operands[-2].reg)[0], operands[-1].imm, 0),)
    if name in ("add", "addw", "sub", "subw"):
        first, second = _summand("+", operands[-2]), _summand("+" if name[0] == "a" else "-", operands[-1])
        return first + second if first and second else None
    return None


def _summand(sign: str, operand) -> tuple[Term, ...] | None:
    if operand.type == cs.ARM_OP_IMM:
        return (Term(sign, None, 0, operand.imm),)
    registers = _register(operand.reg) if operand.type == cs.ARM_OP_REG else []
    if not registers or registers[0] >= PC or operand.shift.type not in (0, _SHIFTS_LEFT):
        return None
    return (Term(sign, registers[0], operand.shift.value if operand.shift.type else 0, 0),)
