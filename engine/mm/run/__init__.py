"""The Trio tasks that host the pure parts, one module each, and their wiring.

market.py     what a run is about: its connector, surveyed, and its instruments
session.py    a run from configuration to results: survey, build, run, write down
network.py    the wiring diagram: which task is joined to which
connect.py route.py transform.py decide.py execute.py keep.py candles.py record.py   the tasks
ends.py       what they share: channel ends that say who failed
pace.py interrupt.py progress.py   replay speed, Ctrl-C, and what to show meanwhile
health.py warm.py    how a live connector is doing; compiling before it is listened to
rundir.py     the run's directory, its manifest and digest
"""
