"""Where two texts differ: JSON by key, all others by line."""

import json
from typing import Any


def first_difference(first: bytes, second: bytes) -> str:
    """The first line that differs, of both texts."""
    lines = [data.decode(errors="replace").splitlines() for data in (first, second)]
    for number, (left, right) in enumerate(zip(*lines), 1):
        if left != right:
            return f"line {number}: {left.strip()!r} and {right.strip()!r}"
    return f"the number of lines: {len(lines[0])} and {len(lines[1])}, or line ends"


def first_json_difference(first: bytes, second: bytes) -> str:
    """The first key, dotted, whose values differ, with both; the line where the same values are written otherwise."""
    found = _key(json.loads(first), json.loads(second), "")
    return found or first_difference(first, second)


def _key(left: Any, right: Any, path: str) -> str | None:
    if isinstance(left, dict) and isinstance(right, dict):
        keys = dict.fromkeys([*left, *right])
        pairs = ((f"{path}.{key}" if path else key, left.get(key), right.get(key)) for key in keys)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = ((f"{path}[{index}]", *pair) for index, pair in enumerate(zip(left, right)))
    else:
        return None if left == right else f"key {path}: {left!r} and {right!r}"
    return next((found for name, a, b in pairs if (found := _key(a, b, name))), None)
