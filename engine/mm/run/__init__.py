"""The Trio tasks that host the pure parts, one module each, and their wiring.

survey       what a run is about: its connector, surveyed, and its instruments
features     the strategy and the transformer of its rows, with all that was asked for
markets      several markets' surveys and streams as one
terms        what holds on each market: the venue's terms, limits, books, rates
build        from a run file and a survey to the parts that the tasks host
session      a run from configuration to results: survey, build, run, write down
network      the wiring diagram: which task is joined to which
connector, router, transformer, strategy, execution, position, candles, sinks    the tasks
closed_loop  strategy, execution and position as one task, compiled
answers      a strategy of single rows in Python, as the venue's kernel asks it
recording, recordings    the task that writes a live market down, and who starts it; of several
channels     what the tasks share: channel ends that say who failed
signals, ticks      fair prices for a strategy; the tick size in force
moments, market_columns      rows at the times that ``[strategy.when]`` chooses; the book's
             best levels and what was traded, in every row
pace, interrupt     replay speed; Ctrl-C
health, progress    how a live connector is doing; what to show meanwhile
printed      what plugins print and log, with the data time
profile      where the time goes, by phase and task
debugging    stopping in a strategy's code at a moment of the data
reasons      why each side stood or did not, by decision, and for how long
why, live_state     the same as sentences; all there is to say of a live run at a moment
so_far       markouts of a run that still goes on
figures      the same as numbers, by name, with what has lasted how long
look         what a run would find in its data, without a strategy
warm         compiling before a live connector is listened to
rundir       the run's directory, its manifest and digest
summary      what ``summary.json`` says
seal         what a run's directory says of it: at the start, and at the end
resume       a live run taken up again: its own recording first, then the exchange
safekeeping  what a live run writes is brought to the disk itself
disk         whether it can be written, since when not, and what to say of it
unfinished   a run's directory before its end, and after a kill
"""
