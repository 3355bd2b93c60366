"""Chooses a kernel for every layer by what they cost.

Inputs: the costs of all options of all layers, and a Policy. Outputs: an option's index per layer. Layers share code, so the
search goes over sets of kernels that may be linked: within a set every layer takes its best option, and the set that the policy
likes best wins. Deterministic: ties go to fewer cycles, fewer bytes, earlier options.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from cmsis.compiler.lowering.costs import Cost, Function, LayerCosts
from tools.errors import UserError

SPEED, SIZE, BALANCED, CMSIS_NN = POLICIES = ("speed", "size", "balanced", "cmsis_nn")
_KERNELS_MAX = 12  # sets of kernels are enumerated
Code = tuple[Function, ...]


@dataclass(frozen=True)
class Policy:
    """`speed`: the fewest cycles; `size`: the fewest bytes; `balanced`: the fewest cycles within `flash_bytes`, or without
    that limit the smallest product of cycles and bytes of code; `cmsis_nn`: the public API. Up to `sram_bytes` of weights may
    lie in SRAM, where that saves cycles."""

    kind: str = BALANCED
    flash_bytes: int | None = None
    sram_bytes: int = 0


@dataclass(frozen=True)
class Choice:
    """An option per layer, with what all of them cost; `flash_bytes` are code and data."""

    options: tuple[int, ...]
    cycles: int
    code_bytes: int
    flash_bytes: int


def choose(costs: tuple[LayerCosts, ...], policy: Policy) -> Choice:
    """Returns the best choice by `policy`; raises UserError if none fits its limit."""
    found = list(_choices(costs, policy.sram_bytes))
    if policy.flash_bytes is not None:
        least = min(choice.flash_bytes for choice in found)
        found = [choice for choice in found if choice.flash_bytes <= policy.flash_bytes]
        if not found:
            raise UserError(f"compiler: no choice of kernels fits the flash; got at least {least:,} bytes of kernels and weights,"
                            f" want at most {policy.flash_bytes:,}. Fix: raise compiler.flash_bytes, or use a smaller network")
    return min(found, key=_rank(policy))


def _rank(policy: Policy) -> Callable[[Choice], tuple]:
    if policy.kind == SIZE:
        return lambda choice: (choice.flash_bytes, choice.cycles, choice.options)
    if policy.kind == BALANCED and policy.flash_bytes is None:
        return lambda choice: (choice.cycles * choice.code_bytes, choice.cycles, choice.options)
    return lambda choice: (choice.cycles, choice.flash_bytes, choice.options)


def _choices(costs: tuple[LayerCosts, ...], sram_bytes: int) -> Iterator[Choice]:
    """Returns, for each set of kernels that can do all layers, the fastest and the smallest choice within it, the former with
    weights in SRAM where the most cycles are saved by the byte.
    """
    used = [dict.fromkeys(cost.code for cost in layer.options) for layer in costs]
    # Kernels without an alternative are in every set; beyond what can be enumerated others are, too.
    fixed = {code for layer in used if len(layer) == 1 for code in layer}
    free = [code for code in dict.fromkeys(code for layer in used for code in layer) if code not in fixed]
    fixed.update(free[_KERNELS_MAX:])
    free = free[:_KERNELS_MAX]
    for count in range(len(free) + 1):
        for some in combinations(free, count):
            allowed = fixed.union(some)
            for rank in (lambda cost: (cost.cycles, cost.data_bytes), lambda cost: (cost.data_bytes, cost.cycles)):
                picked = [_best(layer, allowed, rank) for layer in costs]
                if None not in picked:
                    yield _sum(costs, tuple(picked))
                    yield _sum(costs, tuple(_move_to_sram(costs, picked, allowed, sram_bytes)))


def _best(layer: LayerCosts, allowed: set[Code], rank: Callable[[Cost], tuple]) -> int | None:
    usable = [index for index, cost in enumerate(layer.options) if cost.code in allowed and not cost.sram_bytes]
    return min(usable, key=lambda index: (*rank(layer.options[index]), index), default=None)


def _move_to_sram(costs: tuple[LayerCosts, ...], picked: list[int], allowed: set[Code], left: int) -> list[int]:
    moves = [((layer.options[picked[number]].cycles - cost.cycles) / cost.sram_bytes, number, index)
             for number, layer in enumerate(costs) for index, cost in enumerate(layer.options)
             if cost.code in allowed and cost.sram_bytes and cost.cycles < layer.options[picked[number]].cycles]
    moved = dict(enumerate(picked))
    for _, number, index in sorted(moves, key=lambda move: (-move[0], *move[1:])):
        size_bytes = costs[number].options[index].sram_bytes
        if moved[number] == picked[number] and size_bytes <= left:
            moved[number], left = index, left - size_bytes
    return list(moved.values())


def _sum(costs: tuple[LayerCosts, ...], picked: tuple[int, ...]) -> Choice:
    chosen = [layer.options[index] for layer, index in zip(costs, picked)]
    code: set[Function] = {function for cost in chosen for function in cost.code}
    code_bytes = sum(function.size_bytes for function in code)
    return Choice(picked, sum(cost.cycles for cost in chosen), code_bytes, code_bytes + sum(cost.data_bytes for cost in chosen))
