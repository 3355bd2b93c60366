"""Strict reading of YAML into frozen dataclasses.

Purpose: a dataclass is the only description of a section: its fields are the allowed keys, its annotations the types,
a field's `allowed` the values, a default makes it optional. Everything else is refused with file, dotted key, what was
found and what is allowed.
Inputs: a parsed YAML mapping. Outputs: dataclass instances. Non-goals: checks between sections (see spec.py).
"""

import dataclasses
import math
import types
import typing
from collections.abc import Callable
from pathlib import Path

import yaml

from tools.errors import UserError


@dataclasses.dataclass(frozen=True)
class Allowed:
    """The values that a field takes: `text` for the message, `accepts` decides (for a tuple: on each member)."""

    text: str
    accepts: Callable[[object], bool]


def between(low: float, high: float) -> Allowed:
    """Numbers from `low` to `high`, both included."""
    return Allowed(f"a number from {low:g} to {high:g}", lambda value: low <= value <= high)


def at_least(low: float) -> Allowed:
    """Numbers not below `low`."""
    return Allowed(f"a number of at least {low:g}", lambda value: value >= low)


def one_of(*choices: object) -> Allowed:
    """One of the listed values."""
    return Allowed("one of " + ", ".join(map(str, choices)), lambda value: value in choices)


def matching(text: str, accepts: Callable[[object], bool]) -> Allowed:
    """Values that the function `accepts`, described by `text`."""
    return Allowed(text, accepts)


def field(allowed: Allowed | None = None, **options: object) -> dataclasses.Field:
    """A dataclass field with the values that it takes; `options` go to `dataclasses.field`."""
    return dataclasses.field(metadata={"allowed": allowed}, **options)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a value stands: the file's name and the dotted key."""

    file: str
    key: str

    def child(self, name: object) -> "Place":
        return Place(self.file, f"{self.key}.{name}" if self.key else str(name))

    def error(self, fact: str, found: object, allowed: str) -> UserError:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return UserError(f"{where}: {fact}; got {_shown(found)}, want {allowed}. Fix: correct the key in {self.file}.")


def read_yaml(path: str | Path) -> object:
    """The parsed content of a YAML file; UserError for a file that cannot be read, is no YAML or repeats a key."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"{path.name}: cannot be read; got {reason}, want a YAML file. Fix: check the path.") from error
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" on line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable text"
        raise UserError(
            f"{path.name}: no valid YAML{line}; got {problem}, want a YAML mapping. Fix: correct the syntax."
        ) from error


def build(kind: type, value: object, place: Place) -> object:
    """`value` as an instance of the dataclass `kind`; UserError naming the first offending key."""
    if not isinstance(value, dict):
        raise place.error("wrong type", value, "a mapping with the keys " + ", ".join(_keys(kind)))
    for name in value:
        if name not in _keys(kind):
            raise place.child(name).error("unknown key", name, "one of " + ", ".join(_keys(kind)))
    hints = typing.get_type_hints(kind)
    arguments = {}
    for item in dataclasses.fields(kind):
        inside = place.child(item.name)
        if item.name in value:
            arguments[item.name] = _convert(hints[item.name], value[item.name], inside, item.metadata.get("allowed"))
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            raise inside.error("missing key", None, _wanted(hints[item.name], item.metadata.get("allowed")))
    return kind(**arguments)


def _convert(hint: object, value: object, place: Place, allowed: Allowed | None) -> object:
    """`value` converted to the annotation `hint`: a scalar, tuple, dataclass, union of dataclasses, or optional."""
    members = [member for member in typing.get_args(hint) if member is not types.NoneType]
    if isinstance(hint, types.UnionType):
        hint = members[0] if len(members) == 1 else _variant(members, value, place)
    if dataclasses.is_dataclass(hint):
        return build(hint, value, place)
    if typing.get_origin(hint) is tuple:
        return _convert_list(hint, value, place, allowed)
    return _scalar(hint, value, place, allowed)


def _convert_list(hint: object, value: object, place: Place, allowed: Allowed | None) -> tuple:
    arguments = typing.get_args(hint)
    if not isinstance(value, list):
        raise place.error("wrong type", value, _wanted(hint, allowed))
    if arguments[-1] is Ellipsis:
        if not value:
            raise place.error("empty list", value, "at least one item")
        kinds = [arguments[0]] * len(value)
    else:
        kinds = list(arguments)
    if len(kinds) != len(value):
        raise place.error("wrong number of items", value, f"{len(kinds)} items")
    items = tuple(_convert(kind, item, place.child(index), allowed)
                  for index, (kind, item) in enumerate(zip(kinds, value)))
    if arguments == (float, float) and items[0] > items[1]:
        raise place.error("range is upside down", value, "[low, high] with low <= high")
    return items


def _variant(members: list[type], value: object, place: Place) -> type:
    """The dataclass among `members` whose `kind` default is the value's `kind`."""
    by_kind = {next(item.default for item in dataclasses.fields(member) if item.name == "kind"): member
               for member in members}
    found = value.get("kind") if isinstance(value, dict) else value
    if not isinstance(found, str) or found not in by_kind:
        raise place.child("kind").error("unknown kind", found, "one of " + ", ".join(by_kind))
    return by_kind[found]


def _scalar(hint: type, value: object, place: Place, allowed: Allowed | None) -> object:
    if hint is float and type(value) is int:
        value = float(value)
    # `type() is`: a bool is an int to isinstance, and no count.
    if type(value) is not hint:
        raise place.error("wrong type", value, _wanted(hint, allowed))
    if hint is float and not math.isfinite(value):
        raise place.error("impossible value", value, "a finite number")
    if allowed is not None and not allowed.accepts(value):
        raise place.error("impossible value", value, allowed.text)
    return value


def _keys(kind: type) -> list[str]:
    return [item.name for item in dataclasses.fields(kind)]


def _wanted(hint: object, allowed: Allowed | None) -> str:
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    if typing.get_origin(hint) is tuple:
        return f"a list, each item {_wanted(typing.get_args(hint)[0], allowed)}"
    wanted = names.get(hint, "a mapping")
    return f"{wanted} ({allowed.text})" if allowed else wanted


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class _UniqueKeyLoader(yaml.SafeLoader):
    """SafeLoader that refuses a repeated key, which YAML parsers otherwise resolve silently to the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is no text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"repeated key {key!r}", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)
