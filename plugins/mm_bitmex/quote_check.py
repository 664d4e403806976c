"""Whether the topic ``quote`` bears the book out.

The exchange numbers no message, so a change that was lost may leave the book in good order and
wrong. But it sends every touch a second time, as a quote, often late: in the session of 2021 once
a second, all touches since then, each of which the replayed book had shown. So a quote must equal
a touch that the book had lately or gets soon. Quotes that never do describe another book than
ours, such as another pool's, and are disbelieved. Knows touches and times; knows no rows.
"""

from typing import Final

from mm_bitmex.book import Touch
from mm_bitmex.topics import NEVER

_CONTRADICTIONS: Final = 2
"""In a row, each after a new image and with no quote borne out between: the quotes are wrong."""


class QuoteCheck:
    """Compares quotes with the touches of the book.

    Args:
        patience_s: how long ago the book may have shown a quote, and how soon it must; 0 = quotes
            are not compared.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._contradictions = 0 if patience_s else _CONTRADICTIONS
        self.forget()

    def forget(self) -> None:
        """Start anew: the book is gone, or new."""
        self._touch: Touch | None = None
        self._ended: dict[Touch, float] = {}  # touches that were, to when they ended [s]; in order
        self._claim: Touch | None = None  # the last quote, if the book has not shown it
        self._since = NEVER  # s: when the first of an unbroken row of such quotes came

    @property
    def contradicts_at(self) -> float:
        """When the book is to be doubted if nothing bears it out before [s]."""
        return self._since + self._patience_s

    @property
    def is_believed(self) -> bool:
        """Whether quotes are compared; not any more once they were wrong too often."""
        return self._contradictions < _CONTRADICTIONS

    def contradicted(self) -> bool:
        """Note that the book is doubted; say whether the quotes are to be believed in that."""
        self._contradictions += 1
        self.forget()
        return self.is_believed

    def saw(self, touch: Touch, now: float) -> None:
        """Take the book's touch after a change."""
        if touch == self._touch or not self.is_believed:
            return
        if self._touch is not None:
            self._ended.pop(self._touch, None)
            self._ended[self._touch] = now
        self._touch = touch
        self._prune(now)
        if touch == self._claim:
            self._agree()

    def heard(self, quote: Touch, now: float) -> None:
        """Take a quote; before the book is there, it says nothing."""
        if self._touch is None:
            return
        self._prune(now)
        if quote == self._touch or quote in self._ended:
            self._agree()
        else:
            self._claim, self._since = quote, min(self._since, now)

    def _agree(self) -> None:
        self._claim, self._since, self._contradictions = None, NEVER, 0

    def _prune(self, now: float) -> None:
        """Forget the touches that ended too long ago."""
        while self._ended:
            oldest = next(iter(self._ended))
            if self._ended[oldest] >= now - self._patience_s:
                return
            del self._ended[oldest]
