"""What every strategy must keep to. It is run through the real network, venue and books.

The rules compare whole runs: the same market under other schedules, cuts and blocks must leave the
same tables, and a market with another future the same past.
"""

from typing import Any, Final

import attrs
import numpy as np

from mm.api import (
    CANCEL,
    LIMIT,
    NEW,
    REPLACE,
    ConfigError,
    PluginError,
    StrategyOffer,
)
from mm.run.closed_loop import kernel_of
from mm.testing.feeds import cut_stream
from mm.testing.kit.findings import (
    Finding,
    Rules,
    Verdict,
    broken,
    held,
    judge_all,
    told,
)
from mm.testing.kit.network import (
    WHOLE,
    Way,
    first_difference,
    run_events,
    trial_context,
)
from mm.testing.kit.parts import (
    bounds_rule,
    building_rule,
    fresh_rule,
    options_rule,
    purity_verdict,
    unchanged_verdict,
)
from mm.testing.kit.stand_ins import AnyColumns, Joiner
from mm.testing.kit.strategy_case import StrategyCase
from mm.testing.kit.watched import TimedStrategy, TwiceAsked, WatchedStrategy
from mm.testing.markets import change_future, random_market, with_heartbeats

_WILD_SEEDS: Final = (1, 2, 3)
_SHORT: Final = 120
"""Events on which a strategy is first tried, in case it is very slow."""
_FARTHEST: Final = 1 << 62
"""Ticks or lots; beyond this it is no number that anybody meant."""


def _budget(case: StrategyCase) -> Verdict:
    for events in (_SHORT, len(case.market)):
        ends = np.flatnonzero(case.market[:events]["end"])
        market = case.market[: ends[-1] + 1 if len(ends) else 0]  # whole messages
        case.run(market=market)  # compiles what it will
        ours, plain = TimedStrategy(case.build()), TimedStrategy(Joiner())
        case.run(strategy=ours, market=market)
        if ours.rows:
            break
    else:
        return held("no rows to decide on the market it is tried on")
    run_events(market, AnyColumns((), case.context), plain, case.context)
    ratio = ours.per_decision / plain.per_decision
    text = (
        f"{ours.per_decision * 1e6:.0f} µs a decision, {ratio:.1f} times a plain strategy's"
        f" {plain.per_decision * 1e6:.0f} µs; at most {case.slowest:g} times"
    )
    if ratio > case.slowest:
        return broken(text, "move work to __init__ or observe(), or decide many rows with arrays")
    return held(text)


def _orders(case: StrategyCase) -> Verdict:
    orders = case.expected["orders"]
    placing = orders[np.isin(orders["action"], (NEW, REPLACE))]
    priced = placing[(placing["action"] == REPLACE) | (placing["type"] == LIMIT)]
    news = placing[placing["action"] == NEW]
    for what, wrong, change in (
        ("price", priced[_odd(priced["price"])], "give prices in whole ticks above 0"),
        ("size", placing[_odd(placing["size"])], "give sizes in whole lots above 0"),
        ("side", news[~np.isin(news["side"], (-1, 1))], "give BUY or SELL"),
        ("client_id", news[_repeated(news["client_id"])], "count up from account.next_client_id"),
    ):
        if len(wrong):
            value, ts = int(wrong[what][0]), wrong["ts"][0]
            text = f"an order at {ts} µs has the {what} {value}"
            if value == np.iinfo(np.int64).min:
                text += ", which is what NaN becomes"
                change += ", and send nothing while an input is NaN"
            return broken(text, change)
    cancels = int(np.count_nonzero(orders["action"] == CANCEL))
    fills = len(case.expected["trades"])
    if not len(orders):
        return held("no orders on the market it is tried on: give another market or configuration")
    return held(f"{len(placing)} orders and {cancels} cancels sent, {fills} fills")


def _odd(values: Any) -> Any:
    return (values <= 0) | (values > _FARTHEST)


def _repeated(values: Any) -> Any:
    first = np.unique(values, return_index=True)[1]
    return ~np.isin(np.arange(len(values)), first)


def _random_markets(case: StrategyCase) -> Verdict:
    counts = sorted({len(case.context.instruments), 2})  # no fewer than it is tried with
    for instruments in counts:
        for seed in _WILD_SEEDS:
            events = random_market(seed, instruments=instruments)
            context = attrs.evolve(trial_context(instruments), seed=case.context.seed)
            wild = attrs.evolve(case, context=context, market=events)
            batches = with_heartbeats(cut_stream(events, 100))
            try:
                run_events(batches, wild.build_transformer(), wild.build(), context)
            except Exception as error:
                cause = error.__cause__ if isinstance(error, PluginError) else None
                return broken(
                    f"random_market({seed}, instruments={instruments}): {told(cause or error)}",
                    "handle empty, one-sided and crossed touches, gaps and large prices: all legal"
                    " (size 0 = no such side)",
                )
    return held(f"{len(counts) * len(_WILD_SEEDS)} random markets are handled")


def _same(case: StrategyCase, ways: dict[str, Way], change: str, good: str) -> Verdict:
    for name, way in ways.items():
        found = first_difference(case.expected, case.run(way))
        if found is not None:
            return broken(f"{name}: {found}", change)
    return held(good)


def _instances(case: StrategyCase) -> Verdict:
    return _same(
        case,
        {"a second instance on the same market": WHOLE},
        "keep what it remembers in self, made new in __init__, not in the class or the module, and"
        " leave chance and clocks alone",
        "a second instance does the same",
    )


def _schedules(case: StrategyCase) -> Verdict:
    ways = {
        f"schedule {seed}, capacity {capacity}": Way(schedule=seed, capacity=capacity, rows=30)
        for seed, capacity in ((1, 0), (2, 1), (3, 64), (4, 0))
    }
    return _same(
        case,
        ways,
        "share nothing between transformer and strategy but the rows",
        f"{len(ways)} schedules with other capacities give the same",
    )


def _batch_cuts(case: StrategyCase) -> Verdict:
    return _same(
        case,
        {f"in batches of {rows} rows": Way(rows=rows) for rows in (1, 13)},
        "let observe() treat rows one after the other: use neither how many there are, nor what"
        " comes later",
        "any cut into batches gives the same orders",
    )


def _one_by_one(case: StrategyCase) -> Verdict:
    twice = TwiceAsked(case.build())
    case.run(strategy=twice)
    if twice.differed is not None:
        return broken(
            f"asked again for the rows from {twice.differed} µs on, decide() answered otherwise",
            "remember nothing in decide() while it answers several rows: they are asked for again"
            " when the account has changed; answer one row, or move the state to observe()",
        )
    return _same(
        case,
        {f"decided {n} rows at a time": Way(longest_block=n) for n in (1, 3)},
        "decide each row by itself and the orders sent before it, as if asked for it alone",
        "many rows at once and one by one give the same orders",
    )


def _closed_loop(case: StrategyCase) -> Verdict:
    """What decides inside the venue is what decides outside."""
    if kernel_of(case.build(), case.build_transformer().dtype) is None:
        return held("has no compiled form")
    return _same(
        case,
        {
            f"inside the venue, {n} rows at a time": Way(longest_block=n, rows=rows, closed=True)
            for n, rows in ((1, None), (3, 30), (256, 7))
        },
        "let both forms call one function; the compiled one must not raise",
        "inside the venue it decides as outside",
    )


def _causality(case: StrategyCase) -> Verdict:
    first, last = int(case.market["ts_local"][0]), int(case.market["ts_local"][-1])
    for share in (0.4, 0.8):
        ts = int(first + share * (last - first))
        changed = case.run(market=change_future(case.market, ts))
        for table in ("decisions", "orders"):
            known = {table: case.expected[table]}
            found = first_difference(known, {table: changed[table]}, until=ts)
            if found is not None:
                return broken(
                    f"events after {ts} µs were changed, and what was before moved: {found}",
                    "decide a row on itself and the rows before it, never on later ones",
                )
    return held("decisions do not know their future")


def _inputs(case: StrategyCase) -> Verdict:
    watched = WatchedStrategy(case.build())
    case.run(strategy=watched)
    return unchanged_verdict(
        watched.changed, "copy what you change: rows and accounts are shown again"
    )


def _purity(case: StrategyCase) -> Verdict:
    case.expected  # noqa: B018 - compiles and imports what it will
    watched = WatchedStrategy(case.build())
    case.run(strategy=watched)
    return purity_verdict(watched.found, "observe() and decide()")


def _requires(case: StrategyCase) -> Verdict:
    requires = case.build().requires
    if not isinstance(requires, frozenset) or not all(isinstance(name, str) for name in requires):
        text = f"requires is {requires!r}"
        return broken(text, "give a frozenset of the column names it reads beside TOUCH_FIELDS")
    missing = sorted(requires - set(case.build_transformer().dtype.names or ()))
    if missing:
        raise ConfigError(f"the transformer it is tried with has no {', '.join(missing)}")
    return held(f"requires {', '.join(sorted(requires)) or 'nothing'} beside the touch")


STRATEGY_RULES: Final[Rules] = {
    "options": options_rule,
    "building": building_rule("requires", "observe", "decide"),
    "budget": _budget,
    "orders": _orders,
    "bounds": bounds_rule,
    "requires": _requires,
    "random markets": _random_markets,
    "instances": _instances,
    "schedules": _schedules,
    "batch cuts": _batch_cuts,
    "one by one": _one_by_one,
    "closed loop": _closed_loop,
    "causality": _causality,
    "fresh processes": fresh_rule,
    "inputs": _inputs,
    "purity": _purity,
}
"""Name of the rule -> how it is tried on a StrategyCase."""


def check_strategy(offer: StrategyOffer, config: Any, **settings: Any) -> list[Finding]:
    """Try every rule on a strategy.

    Args:
        offer: of the strategy.
        config: an object of its config class.
        settings: other fields of ``StrategyCase``, such as ``transformer``.
    """
    return judge_all(StrategyCase(offer=offer, config=config, **settings), STRATEGY_RULES)
