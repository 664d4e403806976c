"""Constraints: comparisons that every set must satisfy, such as ``strategy.x < strategy.y``.

A comparison has one operator, with a key or a number on either side. It is read by the grammar
below and never evaluated as code.

    comparison = side ("<" | "<=" | ">" | ">=" | "==" | "!=") side
    side       = key | number
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mm.api import UsageError
from mm.config.edit import leaves
from mm.config.scan import Keys, split_key
from mm.study.axes import Set
from mm.suggest import did_you_mean

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_FORM: Final = re.compile(r"([^<>=!]+)(<=|>=|==|!=|<|>)([^<>=!]+)")


@attrs.frozen
class Constraint:
    """A comparison."""

    left: Keys | Decimal
    operator: str
    right: Keys | Decimal
    where: str = attrs.field(eq=False)
    """How the user said it, for messages."""

    @property
    def keys(self) -> list[Keys]:
        """The keys that it compares."""
        return [side for side in (self.left, self.right) if not isinstance(side, Decimal)]


def parse_constraint(text: str, where: str) -> Constraint:
    """Read a comparison.

    Raises:
        UsageError: it is none.
    """
    match = _FORM.fullmatch(text)
    left, right = (_side(match[1]), _side(match[3])) if match else (None, None)
    if match is None or left is None or right is None:
        raise UsageError(
            f"{where}: {text!r}, expected two keys, or a key and a number, with one of"
            f" {' '.join(_OPERATORS)} between, such as strategy.a < strategy.b"
        )
    return Constraint(left, match[2], right, where)


def _side(text: str) -> Keys | Decimal | None:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return split_key(text.strip())


class Constraints:
    """Several comparisons, over sets of one run file."""

    def __init__(self, constraints: Sequence[Constraint], content: Mapping[str, Any]) -> None:
        """Take the comparisons and the run file with its defaults, as nested dicts."""
        self._constraints = constraints
        self._content = dict(leaves(content, numbered=True))

    def refuse_unknown(self, varied: Iterable[Keys]) -> None:
        """Refuse a key that neither the run file nor an axis (``varied``) knows.

        Raises:
            UsageError: there is one.
        """
        known = {*self._content, *varied}
        for one in self._constraints:
            for key in one.keys:
                if key not in known:
                    near = did_you_mean(".".join(key), [".".join(path) for path in known])
                    raise UsageError(
                        f"{one.where}: {'.'.join(key)}: unknown key{near or ','} expected one of"
                        " the run file's"
                    )

    def hold(self, one: Set) -> bool:
        """Whether a set satisfies them all.

        Raises:
            UsageError: a value cannot be compared.
        """
        values = {**self._content, **{each.path: each.value for each in one.overrides}}
        return all(self._holds(constraint, values) for constraint in self._constraints)

    def _holds(self, one: Constraint, values: Mapping[Keys, Any]) -> bool:
        left, right = (
            side if isinstance(side, Decimal) else values[side] for side in (one.left, one.right)
        )
        try:
            return _OPERATORS[one.operator](_number(left), _number(right))
        except TypeError:
            raise UsageError(
                f"{one.where}: {left!r} and {right!r} cannot be compared; expected numbers"
            ) from None


def _number(value: Any) -> Any:
    """A decimal for a float, so that 0.1 in a run file and 0.1 in an axis are equal."""
    return Decimal(str(value)) if isinstance(value, float) else value
