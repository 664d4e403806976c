"""The arguments of ``mm alerts`` and its verb."""

from typing import Any

from mm.cli.arguments import group, set_keys, verb


def add(verbs: Any) -> None:
    """Add the verb."""
    alerts = verbs.add_parser("alerts", help="try the alerts of a live run")
    inner = group(alerts, ("test",))
    test = verb(
        inner, "test", "mm.cli.alerts:test",
        "fire every alert of a run file once, as a test, and say what came back",
        ("mm alerts test --config my_live.toml",),
    )  # fmt: skip
    test.add_argument("--config", metavar="FILE", required=True, help="run file (TOML)")
    set_keys(test)
