"""Signals beside a transformer: columns for each, and the fair price that they make together.

    batch ─┬─► base transformer ─► rows ─┬─► rows, each signal's latest value, fair
           └─► signal transformers ──────┘

A signal says how far the fair price is from the mid [price]. The fair price is ``mid`` plus the
sum of weight times signal, where what is not known counts as nothing. Knows no signal's meaning,
and nothing of strategies.
"""

from collections.abc import Sequence

import attrs
import numpy as np

from mm.api import ConfigError, MarketBatch, PluginError, Rows, Transformer
from mm.blame import blame
from mm.core.asof import LatestValue
from mm.run.transformer import check_rows

_FAIR = "fair"


@attrs.frozen
class Signal:
    """One signal of a run; see ``mm.api.features.SIGNAL_FIELDS``."""

    name: str
    """Also its column's."""
    transformer: Transformer
    weight: float
    """Factor in the fair price."""
    owner: str = ""
    """Who it is, for the blame; empty = just its name."""


class CombinedTransformer:
    """A transformer whose rows have the signals' columns, too. Pure, like its parts."""

    dtype: "np.dtype[np.void]"

    def __init__(
        self, name: str, base: Transformer, signals: Sequence[Signal], instruments: int
    ) -> None:
        """Put ``signals`` beside the transformer ``base``, called ``name``.

        Raises:
            ConfigError: ``base`` gives no mid, or a column that a signal would add.
            PluginError: one of the signals is none.
        """
        self._base = (name, base)
        self._signals = [(signal, LatestValue(instruments)) for signal in signals]
        self._watermark = -1
        self.dtype = _combined(name, base.dtype, signals)

    def push(self, batch: MarketBatch) -> Rows:
        """Take the next batch; return the base transformer's rows with the columns added."""
        name, base = self._base
        given = self._push(f"transformer {name!r}", base, batch)
        rows = np.zeros(len(given), self.dtype)
        for column in given.dtype.names or ():
            rows[column] = given[column]
        rows[_FAIR] = given["mid"]
        for signal, latest in self._signals:
            owner = signal.owner or f"transformer {signal.name!r}"
            source = self._push(owner, signal.transformer, batch)
            values = latest.join(given, source, "signal")
            rows[signal.name] = values
            rows[_FAIR] += signal.weight * np.where(np.isfinite(values), values, 0.0)
        self._watermark = batch.watermark
        return rows

    def warming(self) -> list[tuple[str, int, int]]:
        """What the base transformer's estimates lack, if it tells."""
        found: list[tuple[str, int, int]] = getattr(self._base[1], "warming", list)()
        return found

    def _push(self, owner: str, transformer: Transformer, batch: MarketBatch) -> Rows:
        with blame(owner, batch.watermark):
            rows = transformer.push(batch)
            check_rows(rows, self._watermark, batch.watermark, transformer.dtype, owner)
        return rows


def _combined(
    name: str, base: "np.dtype[np.void]", signals: Sequence[Signal]
) -> "np.dtype[np.void]":
    columns = list(base.names or ())
    if "mid" not in columns:
        raise ConfigError(
            f"strategy.signals needs the column mid, which the transformer {name!r} does not give;"
            " choose another strategy.preprocessing, or no signals"
        )
    for signal in signals:
        if "signal" not in (signal.transformer.dtype.names or ()):
            raise PluginError(f"transformer {signal.name!r} has a weight but no column 'signal'")
    added = [*(signal.name for signal in signals), _FAIR]
    clash = [column for column in added if column in columns]
    if clash:
        raise ConfigError(
            f"strategy.signals adds the column {clash[0]}, which the transformer {name!r} has"
            " already; leave that signal out, or choose another strategy.preprocessing"
        )
    fields = [(column, base[column]) for column in columns]
    return np.dtype(fields + [(column, np.dtype("f8")) for column in added], align=True)
