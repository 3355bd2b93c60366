"""The space of a search: an architecture with choices in it.

Format (YAML): `choices`, a mapping of names to lists of values, the first of each being where the search begins; `architecture` as in a
spec, where the text "$name" stands for the value chosen; a layer one of whose values is null is left out.
Errors: UserError naming file and key.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.schema import read_yaml
from tools.errors import UserError

Choice = tuple[tuple[str, Any], ...]
"""A value for every name, in the order of the file."""


@dataclass(frozen=True)
class Space:
    """Values by name, and layers in which they are named."""

    choices: dict[str, list[Any]]
    layers: list[dict[str, Any]]

    @property
    def first(self) -> Choice:
        """Where the search begins."""
        return tuple((name, values[0]) for name, values in self.choices.items())

    @property
    def size(self) -> int:
        """How many choices there are."""
        count = 1
        for values in self.choices.values():
            count *= len(values)
        return count

    def all(self) -> Iterator[Choice]:
        """Every choice, in the order of the file."""
        for values in itertools.product(*self.choices.values()):
            yield tuple(zip(self.choices, values))

    def neighbours(self, choice: Choice) -> list[Choice]:
        """The choices with one other value."""
        return [tuple((name, value if name == changed else old) for name, old in choice)
                for changed, current in choice for value in self.choices[changed] if value != current]

    def architecture(self, choice: Choice) -> list[dict[str, Any]]:
        """The layers of a choice."""
        values = dict(choice)
        filled = [{key: values[item[1:]] if isinstance(item, str) and item.startswith("$") else item for key, item in layer.items()}
                  for layer in self.layers]
        return [layer for layer in filled if None not in layer.values()]


def read_space(path: str | Path) -> Space:
    """The space in the file `path`."""
    name, found = Path(path).name, read_yaml(path)
    choices, layers = (found.get(key) if isinstance(found, dict) else None for key in ("choices", "architecture"))
    if not isinstance(choices, dict) or not all(isinstance(values, list) and values for values in choices.values()):
        raise UserError(f"{name}: choices: no choices; got {choices!r}, want a mapping of names to lists of values. Fix: see model/search/README.md")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise UserError(f"{name}: architecture: no layers; got {layers!r}, want a list as in a spec. Fix: see model/search/README.md")
    named = {item[1:] for layer in layers for item in layer.values() if isinstance(item, str) and item.startswith("$")}
    if named != set(choices):
        raise UserError(f"{name}: architecture: names other choices; got {', '.join(sorted(named)) or 'none'}, want {', '.join(sorted(choices))}. "
                        "Fix: name each choice once or more")
    return Space(choices, layers)
