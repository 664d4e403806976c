"""``mm report``: a run as one HTML page, which opens from disk and can be sent."""

import argparse

from mm.results import open_run


def run(args: argparse.Namespace) -> int:
    """Write the page, and print where it lies."""
    print(open_run(args.directory).report(args.output))
    return 0
