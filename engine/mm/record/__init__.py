"""Recordings: a live market written down as Tardis CSV files, so that a replay gives the same run.

    text        rows in ticks and lots to lines of CSV, exactly
    members     lines to gzip members that tell their own length
    files       a file of whole members, which a killed process leaves readable
    recorder    which lines go into which day's file, and when they are written out
    raw         the connector's frames, as they came
    days        UTC days as file names have them
    committed   up to where the files are whole together
    mend        what a killed process, or a loss of power, left: cut to where it is whole
    replay      ``replay.toml``: the run file that replays the recording
    hold        a live stream while nothing can be written, and when it can be again
    numbering   live events as the files will give them back: settled, and their rows numbered

Nothing here knows Trio: the task that uses it is ``mm.run.recording``. Time comes as data, from the
batches' watermarks. These follow the clock at each heartbeat, so what is said of watermarks is true
of seconds.

What makes a replay exact. A run's results are a function of its events and of the last watermark;
how the stream was cut into batches on the way, by heartbeats in between, changes nothing
(``tests/record/test_replay.py`` holds that). So the files hold every event, ``replay.toml`` the
last watermark, and the other heartbeats are not kept.
"""
