"""A basic block, decoded once: what its cost depends on, and its cost from a given pipeline state.

Purpose: separates what is known from the code (`Block`) from what the registers decide (`Facts`). Facts come from
`Block.probe` at block entry (addresses), and from code hooks at IT and divide instructions, in program order.
"""

from dataclasses import dataclass

from tools.sim.timing.addresses import Probe, Symbolic, Value
from tools.sim.timing.decode import decode_block
from tools.sim.timing.op import Kind, Op
from tools.sim.timing.pipeline import Facts, State, issue

_MEMORY_BITS = 0xFF000000


@dataclass(frozen=True, eq=False)
class Block:
    """`body` without the branch that ends it, `branch` if one does.

    The accesses of the body by address of their instruction: `fixed` holds an address that the code alone decides,
    `on_stack` an offset to the stack pointer, `probed` an index into the addresses of `probe`, `unknown` those that are none of
    these. The masks of `probe` keep the bits that decide the cost: the top byte (memory) and the alignment. `late` are
    instructions that report a fact as they execute; `repeats` tells that the masked addresses stay the same when the block
    follows itself.
    """

    address: int
    end: int
    body: tuple[Op, ...]
    branch: Op | None
    fixed: dict[int, int]
    on_stack: dict[int, int]
    probed: dict[int, int]
    unknown: frozenset[int]
    probe: Probe | None
    late: frozenset[int]
    repeats: bool

    @property
    def instructions(self) -> int:
        """Instructions in the block."""
        return len(self.body) + (self.branch is not None)


@dataclass(frozen=True)
class Cost:
    """`cycles` of the body, the state after it; for each instruction the cycles before it and those it waited for fetch."""

    cycles: int
    state: State
    starts: tuple[int, ...]
    fetch_stalls: tuple[int, ...]


def make_block(code: bytes, address: int, late_addresses: frozenset[int]) -> Block:
    """Decodes `code` at `address`; instructions at `late_addresses` report a fact by their code hook."""
    ops = decode_block(code, address)
    branch = ops[-1] if ops and ops[-1].branch_cycles is not None else None
    body = ops[:-1] if branch else ops
    fixed: dict[int, int] = {}
    on_stack: dict[int, int] = {}
    probed: dict[int, int] = {}
    unknown: set[int] = set()
    values: list[Value] = []
    symbolic = Symbolic()
    for op in body:
        if op.access is not None:
            value = symbolic.address(op)
            if value is None:
                unknown.add(op.address)
            elif value.is_on_stack:
                on_stack[op.address] = value.offset
            elif not value.terms:
                fixed[op.address] = value.offset & 0xFFFFFFFF
            else:
                probed[op.address] = len(values)
                values.append(value)
        symbolic.step(op)
    end = ops[-1].end if ops else address
    late = frozenset(op.address for op in body if op.address in late_addresses)
    widths = [op.access.width_bytes for op in body if op.address in probed]
    probe = symbolic.compile(values, [_MEMORY_BITS | width - 1 for width in widths]) if values else None
    repeats = not late and symbolic.keeps_memories(values, widths)
    return Block(address, end, body, branch, fixed, on_stack, probed, frozenset(unknown), probe, late, repeats)


def unaligned_cycles(address: int, width_bytes: int) -> int:
    """Extra cycles of an access: byte-aligned halfword 1, halfword-aligned word 1, byte-aligned word 2 (TRM 3.3.2)."""
    if width_bytes == 4 and address & 3:
        return 2 if address & 1 else 1
    return 1 if width_bytes == 2 and address & 1 else 0


def cost_block(block: Block, state: State, probed: tuple[int, ...], late: tuple[int, ...], region_of) -> Cost:
    """Costs the body of `block` from `state`.

    `probed`: the masked addresses of `block.probe`. `late`: what the code hooks reported, in program order:
    whether an IT's condition held, or the cycles of a divide. `region_of(address)` names the memory of an address.
    """
    facts_late = list(late)
    condition_held, total, stalls, starts = True, 0, [], []
    for op in block.body:
        starts.append(total)
        facts = _facts(block, op, probed, region_of)
        if op.address in block.late:
            fact = facts_late.pop(0) if facts_late else 0
            condition_held = bool(fact) if op.kind is Kind.IT else condition_held
            facts = Facts(divide_cycles=max(fact, 2)) if op.kind is Kind.DIVIDE else facts
        elif op.kind is Kind.IT:
            condition_held = True
        if op.condition is not None and op.condition != condition_held and block.late:
            facts = Facts(executed=False)
        cycles, fetch_stall, state = issue(state, op, facts)
        total += cycles
        stalls.append(fetch_stall)
    return Cost(total, state, tuple(starts), tuple(stalls))


def _facts(block: Block, op: Op, probed: tuple[int, ...], region_of) -> Facts:
    if op.access is None:
        return Facts()
    if op.address in block.probed:
        address = probed[block.probed[op.address]]
    elif op.address in block.fixed:
        address = block.fixed[op.address]
    else:
        return Facts("sram", unaligned_cycles(block.on_stack.get(op.address, 0), op.access.width_bytes))
    return Facts(region_of(address), unaligned_cycles(address, op.access.width_bytes))
