"""A copy of a learning study for Optuna's own tools, such as its dashboard: ``optuna.db``, SQLite,
or where ``[study] storage`` says, such as a PostgreSQL that many machines look at.

Nothing reads it back: what decides the next set is in the rows. Each trial is put there whole, in
order of number, so a study that was killed goes on with the first that is missing.
"""

import hashlib
import warnings
from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from mm.api import UsageError
from mm.study.axes import Axis
from mm.study.design import Design
from mm.study.source import Asked

FILE_NAME: Final = "optuna.db"


class Trials:
    """Trials of one design, in a file that may have those of others."""

    def __init__(self, design: Design, folder: Path) -> None:
        """Open nothing yet."""
        self._optuna = import_module("optuna")
        self._design = design
        self._path = folder / FILE_NAME
        self._study: Any = None
        self._there = 0

    def add(self, asked: Asked, row: dict[str, Any], values: Sequence[float] | None) -> None:
        """Add the next trial, unless it is there; ``values`` are its objectives, None = it failed.

        Raises:
            UsageError: the file cannot be written.
        """
        try:
            if self._study is None:
                self._open(row["key"])
            if asked.number >= self._there:
                self._study.add_trial(self._trial(asked, row, values))
        except Exception as error:  # of the database, which has many
            text = next(iter(str(error).splitlines()), type(error).__name__)
            if self._design.storage is None:
                raise UsageError(
                    f"{self._path}: cannot be written: {text}; move it away and start again"
                ) from error
            raise UsageError(
                f"{self._design.where}storage {shown(self._design.storage)}: cannot be written:"
                f" {without_secrets(text, self._design.storage)}; expected the URL of a database as"
                " SQLAlchemy has them, its driver installed"
            ) from None  # whose text may have the password

    def _open(self, first_key: str) -> None:
        """Find the study whose first run is ``first_key``: its name tells it from all others."""
        design = self._design
        known = [first_key, design.axes, design.seed, design.constraints, design.objectives]
        name = hashlib.sha256(repr(known).encode()).hexdigest()[:12]
        self._study = self._optuna.create_study(
            study_name=f"{design.sampler} {name}",
            storage=self._design.storage or f"sqlite:///{self._path}",
            load_if_exists=True,
            directions=design.directions,
        )
        with warnings.catch_warnings():  # that Optuna calls it experimental
            warnings.simplefilter("ignore")
            self._study.set_metric_names([one.figure for one in design.objectives])
        self._there = len(self._study.get_trials(deepcopy=False))

    def _trial(self, asked: Asked, row: dict[str, Any], values: Sequence[float] | None) -> Any:
        state = self._optuna.trial.TrialState
        return self._optuna.trial.create_trial(
            state=(
                state.PRUNED
                if row["status"] == "pruned"
                else state.FAIL
                if values is None
                else state.COMPLETE
            ),
            intermediate_values=dict(enumerate(row.get("steps", ()))),
            params={axis.key: _plain(asked.one.values[axis.key]) for axis in self._design.axes},
            distributions={axis.key: self._space(axis) for axis in self._design.axes},
            values=values,
            user_attrs={"digest": row["digest"], "error": row["error"]},
        )

    def _space(self, axis: Axis) -> Any:
        if axis.span is None:
            names = [_plain(value) for value in axis.values]
            return self._optuna.distributions.CategoricalDistribution(names)
        return space_of(axis, self._optuna)


def shown(url: str) -> str:
    """Write a database's URL without what may be secret: user, password, parameters."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if rest else "(no URL)"


def without_secrets(text: str, url: str) -> str:
    """Take a database's URL, and what is secret of it, out of a text."""
    rest = url.partition("://")[2]
    account, _, _ = rest.rpartition("@")
    password = account.partition(":")[2]
    secrets = [url, account, password, unquote(password), rest.partition("?")[2]]
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return text


def space_of(axis: Axis, optuna: Any) -> Any:
    """Give what Optuna is to draw from for an axis; of a list, the place of a value."""
    make, span = optuna.distributions, axis.span
    if span is None:
        return make.CategoricalDistribution(range(len(axis.values)))
    if span.shape == "integer":
        return make.IntDistribution(int(span.low), int(span.high))
    return make.FloatDistribution(float(span.low), float(span.high), log=span.shape == "loguniform")


def _plain(value: Any) -> Any:
    """A value as Optuna can keep it."""
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, bool | int | float | str) else str(value)
