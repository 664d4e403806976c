"""``mm alerts test``, and the alerts beside a live run: who is told, with what secret.

The addresses are read when a run begins, from the environment or a file, and are told to nobody but
the address itself.
"""

import argparse
import math
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import trio

from mm.alerts.address import address_fault
from mm.alerts.command import Command
from mm.alerts.delivery import Line, Target
from mm.alerts.message import message
from mm.alerts.rules import Event, Rule
from mm.alerts.watch import Run, alerting
from mm.alerts.webhook import Answer, Webhook
from mm.api import ConfigError, read_file
from mm.config import AlertTable, LoadedConfig, load_config
from mm.run.figures import Figures
from mm.run.health import Hearing
from mm.run.live_state import live_state, names
from mm.run.session import Plan

_MOST_ADDRESS: Final = 1 << 12
"""Bytes of an address."""


def test(args: argparse.Namespace) -> int:
    """Fire every rule of a run file once, as a test, and say what came back.

    Raises:
        ConfigError: there is no rule, an address is not to be had, or somebody was not told.
    """
    loaded = load_config(args.config, None, args.set)
    lines = alert_lines(loaded, os.environ)
    if not lines:
        raise ConfigError(f"{args.config}: no [[alert]] to test; see config/README.md")
    symbol = loaded.config.strategy.symbol
    answers = trio.run(_try_all, lines, symbol)
    for (rule, _), table, answer in zip(lines, loaded.config.alerts, answers, strict=True):
        told = "told" if answer.ok else "NOT told"
        print(f"{rule.name}: {_receiver(table)}: {told}: {answer.text}")
    missed = [rule.name for (rule, _), one in zip(lines, answers, strict=True) if not one.ok]
    if missed:
        raise ConfigError(
            f"{args.config}: {len(missed)} of {len(lines)} alerts reached nobody:"
            f" {', '.join(missed)}; the lines above say what came back"
        )
    return 0


async def _try_all(lines: list[tuple[Rule, Line]], symbol: str) -> list[Answer]:
    answers: dict[str, Answer] = {}

    async def try_one(rule: Rule, line: Line) -> None:
        event = Event(rule=rule, kind="test", value=math.nan, lasted_s=0.0)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        answers[rule.name] = await line.target.send(message(event, symbol, at))

    async with trio.open_nursery() as nursery:
        for rule, line in lines:
            nursery.start_soon(try_one, rule, line)
    return [answers[rule.name] for rule, _ in lines]


def alert_lines(loaded: LoadedConfig, environ: Mapping[str, str]) -> list[tuple[Rule, Line]]:
    """Make the rules of a run file, and who each tells; asks nobody.

    Raises:
        ConfigError: an address is not to be had.
    """
    lines = []
    for number, table in enumerate(loaded.config.alerts):
        target = _target(table, f"{loaded.path}: alert.{number}", environ)
        lines.append((table.rule, Line(target, table.tries)))
    return lines


@asynccontextmanager
async def alerts_beside(
    lines: list[tuple[Rule, Line]], plan: Plan, hearing: Hearing, figures: Figures
) -> AsyncIterator[None]:
    """Watch ``plan``'s run while the block runs, and tell what fires."""
    parts, hear = plan.parts, hearing.listener()

    def look() -> Mapping[str, float]:
        health = hear()
        return figures.look(live_state(parts, health), health, trio.current_time())

    def show(firing: tuple[str, ...]) -> None:
        figures.firing = firing

    run = Run(symbol=names(parts), look=look, tell=hearing.tell, show=show)
    async with alerting(run, lines):
        yield


def _target(table: AlertTable, place: str, environ: Mapping[str, str]) -> Target:
    if table.command:
        return Command(table.command, table.timeout_s)
    return Webhook(_address(table, place, environ), table.timeout_s)


def _address(table: AlertTable, place: str, environ: Mapping[str, str]) -> str:
    """Find a webhook's address; no error quotes it."""
    if table.webhook:
        return table.webhook
    if table.webhook_env:
        key, url = "webhook_env", environ.get(table.webhook_env, "").strip()
        if not url:
            raise ConfigError(
                f"{place}.{key}: the environment has no {table.webhook_env}, expected the address"
                " of the webhook; export it before mm starts"
            )
    else:
        key = "webhook_file"
        try:
            data = read_file(
                Path(table.webhook_file), expected="a file with an address",
                most_bytes=_MOST_ADDRESS,
            )  # fmt: skip
        except ConfigError as error:
            raise ConfigError(f"{place}.{key}: {error}") from None
        url = data.decode(errors="replace").strip()
    fault = address_fault(url)
    if fault:
        raise ConfigError(f"{place}.{key}: what it holds {fault}; put the webhook's address there")
    return url


def _receiver(table: AlertTable) -> str:
    """Say who is told, without an address."""
    if table.command:
        return f"command {table.command[0]!r}"
    if table.webhook_env:
        return f"webhook in ${table.webhook_env}"
    return f"webhook in {table.webhook_file}" if table.webhook_file else "webhook"
