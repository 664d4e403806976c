"""What a misspelt word may have meant. Knows nothing of what the words are for."""

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like ``word``, or None if none comes near; case counts little."""
    by_folded = {name.casefold(): name for name in sorted(known)}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"``, or nothing if no known word comes near."""
    near = closest(word, known)
    return f", did you mean {near!r}?" if near is not None else ""
