"""Studies as a sweep leaves them, with what each set earned made up."""

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

START = 1_722_470_400_000_000
DAY = 86_400_000_000
Blocks = Sequence[float]


def grid(**axes: Sequence[Any]) -> list[dict[str, Any]]:
    """Every combination; ``__`` stands for a dot."""
    keys = [key.replace("__", ".") for key in axes]
    return [dict(zip(keys, one, strict=True)) for one in itertools.product(*axes.values())]


def row(values: Mapping[str, Any], blocks: Blocks | None, **more: Any) -> dict[str, Any]:
    """A set's row; without blocks it failed."""
    key = hashlib.sha256(json.dumps([values, more]).encode()).hexdigest()
    made = {"path": "run.toml", "overrides": [f"{k}={v}" for k, v in values.items()], "digest": ""}
    if blocks is None:
        error = "ConfigError: quote_size is 7, expected whole lots of 100"
        return {"key": key, "set": dict(values), "status": "failed", "digest": None,
                "error": error, "summary": {}, "metrics": {}, **more}  # fmt: skip
    level = np.cumsum([0.0, *blocks])
    equity = math.fsum(blocks)
    return {
        "key": key, "set": dict(values), "status": "complete", "digest": key, "error": None,
        "summary": {"equity": equity, "fills": 10 + len(key) % 3,
                    "max_drawdown": float((np.maximum.accumulate(level) - level).max())},
        "metrics": {"ratios": {"sharpe": equity}, "markouts": {"all": {"10": {"value": None}}}},
        "blocks": {"start": START, "end": START + DAY, "equity": [float(one) for one in blocks]},
        "run_file": made, **more,
    }  # fmt: skip


def write(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Lay down the folder of a study."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one) + "\n" for one in rows)
    (folder / "results.jsonl").write_text(text, encoding="utf-8")
    return folder


def made_up(
    sets: Sequence[Mapping[str, Any]],
    more: Callable[[Mapping[str, Any]], float],
    noise: float = 1.0,
) -> list[dict[str, Any]]:
    """Rows of sets that share the market's luck, and earn ``more`` in each block."""
    draws = np.random.default_rng(11)
    market = draws.standard_normal(48)
    return [
        row(one, (market + more(one) + noise * draws.standard_normal(48)).tolist()) for one in sets
    ]
