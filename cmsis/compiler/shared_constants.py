"""Equal constants become one: an unrolled network reads the same weights at every step, and layers often share shifts.

Inputs: the constants and the call of each step. Outputs: the constants to define, in order, and the calls in their terms.
"""

import re
from collections.abc import Sequence

from cmsis.compiler.ir import Constant

_WORD = re.compile(r"\b[A-Za-z_]\w*\b")


def share_constants(steps: Sequence[tuple[Sequence[Constant], str]]) -> tuple[tuple[Constant, ...], tuple[str, ...]]:
    """Returns the constants without those that repeat another one under a name of their own, and the calls of the rest."""
    kept: dict[str, Constant] = {}
    names: dict[str, str] = {}
    calls = []
    for constants, call in steps:
        for constant in constants:
            # Its own name does not count, nor whether it has been renamed: a step may repeat the constant of another one.
            body = _renamed(constant.definition, names | {constant.name: ""})
            definition = _renamed(constant.definition, names | {constant.name: constant.name})
            first = kept.setdefault(body, Constant(constant.name, definition))
            if first.name != constant.name:
                names[constant.name] = first.name
        calls.append(_renamed(call, names))
    return tuple(kept.values()), tuple(calls)


def _renamed(text: str, names: dict[str, str]) -> str:
    return _WORD.sub(lambda word: names.get(word.group(), word.group()), text) if names else text
