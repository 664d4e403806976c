"""``mm explain``: the story of one fill of a finished run."""

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mm.explain import in_words, tell


def run(args: argparse.Namespace) -> int:
    """Print the story, as text or as JSON."""
    story = tell(Path(args.directory), args.fill)
    if args.json:
        print(json.dumps(attrs.asdict(story), indent=2, ensure_ascii=False, default=_plain))
    else:
        print(in_words(story))
    return 0


def _plain(value: Any) -> str:
    """Write an exact decimal as text, as the tables do."""
    assert isinstance(value, Decimal)
    return format(value, "f")
