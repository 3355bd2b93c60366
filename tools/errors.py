"""Errors that a user can mend, and the entry point that prints them without a traceback.

Purpose: one exception class for bad input, so that every command-line tool reports it the same way.
Non-goals: errors of ours (bugs); those keep their traceback.
"""

import sys
from collections.abc import Callable, Sequence

from absl import app


class UserError(Exception):
    """Bad input. The message reads `<label, file or layer>: <fact>; got X, want Y. Fix: <command>`."""


def run(main: Callable[[Sequence[str]], int | None]) -> None:
    """Runs `main(argv)` after absl has parsed the flags; a UserError is printed to stderr and exits with 1."""

    def guarded(argv: Sequence[str]) -> int | None:
        try:
            return main(argv)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1

    app.run(guarded)
