"""The arguments of ``mm config`` and its verbs."""

from typing import Any

from mm.cli.arguments import flag, group, set_keys, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    config = verbs.add_parser("config", help="check, show or describe run files")
    inner = group(config, ("check", "show", "schema"))
    check = verb(
        inner, "check", "mm.cli.config:check", "check a run file and list every fault",
        (
            "mm config check example/backtest.toml",
            "mm config check my.toml --set strategy.avellaneda.gamma=0.2",
        ),
    )  # fmt: skip
    show = verb(
        inner, "show", "mm.cli.config:show", "print a run file with every default filled in",
        (
            "mm config show example/backtest.toml",
            "mm config show my.toml --set execution.latency_ms=5 > effective.toml",
        ),
    )  # fmt: skip
    for parser in (check, show):
        parser.add_argument("file", metavar="FILE", help="run file (TOML)")
        set_keys(parser)
    schema = verb(
        inner, "schema", "mm.cli.config:schema", "describe run files, installed plugins included",
        ("mm config schema > mm.schema.json", "mm config schema --markdown"),
    )  # fmt: skip
    flag(schema, "--markdown", "a table for people instead of JSON Schema")
