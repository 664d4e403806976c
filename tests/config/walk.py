"""Every key of a run file, and the values at its extremes: made from what the parts offer.

So a new key is walked by itself. A key is tried in a run file in which it is in force: its part is
chosen, what the part requires is guessed, and the market is a few seconds that trade. Knows no part
by name, but for the files that two of them read.

A process of its own walks, with bounded memory, an alarm for each case, and every warning an error;
it prints what went wrong, a line each. As a program, from the top of the repository::

    python -W error -m tests.config.walk FOLDER [run]
"""

import math
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import attrs
import trio

from mm.api import MMError, StrategyOffer
from mm.config import load_config
from mm.config.layout import part_tables
from mm.config.tables import TABLES
from mm.config.validation import optional_type
from mm.registry import Registry, load_registry
from mm.run.build import Options
from mm.run.session import plan_run, run_plan
from mm.testing.kit.options import guess_config

_START: Final = 1_722_470_400_000_000
_SECONDS: Final = 12

RUN_FILE: Final = """\
[strategy]
kind = "Grid"
preprocessing = "Grid"
symbol = "XBTUSD"
[strategy.grid]
quote_size = 100
max_position = 500
half_spread = 0.5
interval = 0.5
levels = 2
[data]
tardis_root = "$HERE"
quotes_csv = "quotes.csv"
trades_csv = "trades.csv"
[instrument]
tick_size = 0.5
lot_size = 1
[output]
csv_path = "$HERE/runs"
[position]
contract_type = "Inverse"
"""

SECOND: Final = """\
currency = "XBT"
[account]
currency = "XBT"
[[market]]
symbol = "XBTUSD"
[[market]]
symbol = "XBTUSD"
exchange = "other"
"""
"""Behind it, the same market as if it were two: for parts that refuse a run of one."""

_FILES: Final[Mapping[tuple[str, ...], str]] = {
    ("execution", "table", "path"): "latency.csv",
    ("strategy", "scripted", "path"): "orders.csv",
}
"""Keys that need a file before the part can be built."""

_LARGE: Final = "x" * 100_000
_WORDS: Final = (
    "",
    "\x01",
    "é" * 300,
    _LARGE,
    "/dev/zero",
    "/proc/self/mem",
    "/proc/1/x",
    "..",
    "a\nb",
)
_INTS: Final = (0, 1, -1, 2, 2**53, 2**63 - 1, -(2**63), 2**63)
_FLOATS: Final = (
    0.0, -0.0, 5e-324, -5e-324, 1e-12, 1.0, 1e18, 1.79e308, -1.79e308, math.inf, math.nan,
)  # fmt: skip
_DECIMALS: Final = (
    "0",
    "1e-400",
    "1e-18",
    "1e-12",
    "0.3",
    "1",
    "1e18",
    "1e400",
    "-1",
    "nan",
    "inf",
)


@attrs.frozen
class Case:
    """One key with one value, in a run file in which it counts."""

    base: tuple[str, ...]
    """Overrides that put the key in force."""
    key: str
    value: str
    """As after ``--set key=``."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.base, f"{self.key}={self.value}")


def write_market(folder: Path) -> Path:
    """Write a market of some seconds, the files that parts read, and the run file."""
    quotes, trades = [], []
    for n in range(10 * _SECONDS):
        ts = _START + n * 100_000
        bid = Decimal(60_000) + Decimal(n * 7 % 11) / 2
        size = 500 + n * 37 % 400
        quotes.append(f"x,XBTUSD,{ts},{ts + 1000},{size},{bid + Decimal('0.5')},{bid},{size + 3}")
        side = "buy" if n % 2 else "sell"
        price = bid + (2 if n % 2 else -2)
        trades.append(f"x,XBTUSD,{ts + 50_000},{ts + 51_000},{n},{side},{price},{100 + n}")
    heads = {
        "quotes": "ask_amount,ask_price,bid_price,bid_amount", "trades": "id,side,price,amount",
    }  # fmt: skip
    for name, rows in (("quotes", quotes), ("trades", trades)):
        head = f"exchange,symbol,timestamp,local_timestamp,{heads[name]}"
        (folder / f"{name}.csv").write_text("\n".join([head, *rows, ""]))
    (folder / "latency.csv").write_text(
        f"req_ts,exch_ts,resp_ts\n{_START},{_START + 9},{_START + 20}\n"
    )
    (folder / "orders.csv").write_text(
        "ts_decided,side,price,size,type,tif,client_id,action\n"
        f"{_START + 2_000_000},buy,60000,100,limit,GTC,1,new\n"
    )
    (folder / "two.toml").write_text(RUN_FILE.replace('symbol = "XBTUSD"\n', "") + SECOND)
    path = folder / "run.toml"
    path.write_text(RUN_FILE)
    return path


def all_cases(registry: Registry, folder: Path) -> Iterator[Case]:
    """Give every key of every table of the host and of each offered part, at each extreme."""
    for name, table in TABLES.items():
        yield from _of_table((), (name,), table)
    for offer in registry.offers("connector"):
        base = _required(("data",), offer.config, folder)
        yield from _of_table((f"data.connector={offer.name}", *base), ("data",), offer.config)
    for path, part in part_tables(registry).items():
        base = (*_choice(registry, path), *_required(path, part.cls, folder))
        yield from _of_table(base, path, part.cls)


def _choice(registry: Registry, path: tuple[str, ...]) -> tuple[str, ...]:
    """Put the part whose table stands at ``path`` in force."""
    table, name = path
    if table == "strategy":
        names = {kind: {one.name.lower(): one.name for one in registry.offers(kind)}
                 for kind in ("strategy", "transformer")}  # fmt: skip
        transformer = names["transformer"].get(name)
        if name not in names["strategy"]:
            if any(field.name == "weight" for field in attrs.fields(_config(registry, name))):
                return (f"strategy.signals=['{transformer}']",)
            return (f"strategy.preprocessing={transformer}",)
        # Else the one that it asks for, or one that has no table.
        offers = (o for o in registry.offers("strategy") if isinstance(o, StrategyOffer))
        asked = next(offer.preprocessing for offer in offers if offer.name.lower() == name)
        chosen = (
            transformer
            or asked
            or next(
                one.name for one in registry.offers("transformer") if not attrs.fields(one.config)
            )
        )
        return (f"strategy.kind={names['strategy'][name]}", f"strategy.preprocessing={chosen}")
    if table == "output":
        return (f"output.sinks=['{name}']",)
    for kind in ("fill_model", "latency_model", "fee_model"):
        if any(one.name == name for one in registry.offers(kind.replace("_", " "))):
            return (f"execution.{kind}={name}",)
    raise AssertionError(f"no part for {path}")


def _config(registry: Registry, name: str) -> type[Any]:
    return next(one.config for one in registry.offers("transformer") if one.name.lower() == name)


def _required(path: tuple[str, ...], cls: type[Any], folder: Path) -> tuple[str, ...]:
    guess = guess_config(cls)
    given = {
        name: str(folder / _FILES[(*path, name)]) if (*path, name) in _FILES else value
        for name, value in guess.guessed.items()
    }
    return tuple(f"{'.'.join((*path, name))}={_toml(value)}" for name, value in given.items())


def _of_table(base: tuple[str, ...], path: tuple[str, ...], cls: type[Any]) -> Iterator[Case]:
    for field in attrs.fields(attrs.resolve_types(cls)):
        if not field.init:
            continue
        inner: Any = optional_type(field.type) or field.type
        if attrs.has(inner):
            yield from _of_table(base, (*path, field.name), inner)
            continue
        for value in dict.fromkeys(_values(inner, field.metadata)):
            yield Case(base, ".".join((*path, field.name)), value)


def _values(kind: Any, meta: Mapping[str, Any]) -> Iterator[str]:
    """Values of a key, each as TOML text: at its bounds, beyond them, and far off."""
    yield '""'
    yield from (_toml(one) for one in meta.get("choices", ()))
    bounds = [meta[name] for name in ("gt", "ge", "lt", "le") if name in meta]
    if kind is bool:
        yield from ("true", "false", "1")
    elif kind is int:
        yield from (
            str(n) for bound in bounds for n in (int(bound) - 1, int(bound), int(bound) + 1)
        )
        yield from map(str, _INTS)
    elif kind is float:
        for bound in bounds:
            yield from (_toml(n) for n in (_next(bound, -1), float(bound), _next(bound, 1)))
        yield from map(_toml, _FLOATS)
    elif kind is Decimal:
        yield from _DECIMALS
    elif get_origin(kind) in (list, tuple) and get_args(kind)[0] in (int, float, Decimal):
        yield from ("[]", "[0, 0]", "[nan]", "[inf]", "[5e-324, 1.79e308]", str([1] * 100_000))
    elif get_origin(kind) in (list, tuple):
        yield from ("[]", '[""]', "[0]", f'["{_LARGE}"]', str(["a"] * 1000), "[[]]")
        yield from ('["2024-08-01T00:00:01Z 0.5"]', '["9999-12-31T23:59:59Z 1e-400"]')
    elif kind is str:
        yield from map(_toml, _WORDS)
    else:
        yield from (_toml(one) for one in get_args(kind))


def _next(bound: float, way: int) -> float:
    return math.nextafter(float(bound), way * math.inf)


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return {math.inf: "inf", -math.inf: "-inf"}.get(value, repr(value))
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'.replace("\x01", "\\u0001")
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return str(value)


LONGEST_S: Final = 30
"""Of one case; most take a hundredth of a second, and a run some tenths."""
_COMPILING_S: Final = 280
"""Of the first with a part, for which kernels may have to be compiled."""


class _Hang(BaseException):
    """A case took too long."""


def _on_alarm(number: int, frame: object) -> None:
    raise _Hang


async def _try(path: Path, registry: Registry, overrides: tuple[str, ...], runs: bool) -> bool:
    """Load, plan and perhaps run; say whether that was the whole of it."""
    loaded = load_config(path, registry, overrides)
    if not loaded.config.data.from_csv or loaded.config.data.connector == "bitmex":
        return False  # it would ask the exchange
    plan = await plan_run(loaded)
    if runs:
        result = await run_plan(plan, Options(), trio.CancelScope())
        if result.error is not None:
            raise result.error
    return True


def judge(
    path: Path, registry: Registry, overrides: tuple[str, ...], runs: bool, limit_s: int
) -> str:
    """Try some overrides: ``ok``, ``refused``, or what went wrong."""
    signal.alarm(limit_s)
    try:
        return "ok" if trio.run(_try, path, registry, overrides, runs) else "live"
    except MMError:
        return "refused"
    except BaseException as error:
        last = "".join(traceback.format_exception(error)[-4:])
        return f"{type(error).__name__}: {last}"
    finally:
        signal.alarm(0)


def main(folder: Path, runs: bool) -> None:
    """Walk; print how many cases ended how, and every one that did not end well."""
    signal.signal(signal.SIGALRM, _on_alarm)
    path, registry = write_market(folder), load_registry()
    cases = list(all_cases(registry, folder))
    verdicts: dict[str, int] = {}
    paths: dict[tuple[str, ...], Path] = {}
    for base in dict.fromkeys(case.base for case in cases):
        for paths[base] in (path, path.with_name("two.toml")):
            verdict = judge(paths[base], registry, base, runs, _COMPILING_S)
            if verdict != "refused":
                break
        if verdict not in ("ok", "live"):
            print(f"base {base}: {verdict}", file=sys.stderr)
    for case in cases:
        verdict = judge(paths[case.base], registry, case.overrides, runs, LONGEST_S)
        if verdict not in ("ok", "refused", "live"):
            print(f"{case.key} = {case.value[:80]}, with {case.base}: {verdict}", file=sys.stderr)
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    print(len({case.key for case in cases}), *(verdicts.get(one, 0) for one in ("ok", "refused")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "run" in sys.argv[2:])
