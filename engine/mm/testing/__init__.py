"""What plugin authors, and mm itself, test with: schedules, scripted feeds, whole runs.

schedules.py  make Trio's scheduler repeatable, and different for every seed
feeds.py      a connector that sends what it was given, cut as asked
runs.py       run a configuration to its end from a test
"""

from mm.testing.feeds import ScriptedConnector, cut_stream
from mm.testing.runs import run_config
from mm.testing.schedules import schedule

__all__ = ["ScriptedConnector", "cut_stream", "run_config", "schedule"]
