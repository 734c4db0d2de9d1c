"""Errors that are meant for users."""

from collections.abc import Iterable
from difflib import get_close_matches


class OptimusError(Exception):
    """Something the user can repair: the message says where, which value, and the cure."""


class PassFailure(OptimusError):
    """A pass cannot handle this program. `location` is the MLIR location of the culprit."""

    def __init__(self, location: object, message: str) -> None:
        super().__init__(location, message)
        self.location = location
        self.message = message

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the end of a message, or nothing if no known word is close."""
    closest = get_close_matches(word, list(known), n=1)
    return f" (did you mean {closest[0]!r}?)" if closest else ""
