"""The conformance kit: what each kind of part must keep to, as rules that can be tried.

findings     what a rule found, and how rules are tried in order
options      configuration classes: explained? guessable?
purity       watch a stretch of code for clocks, chance, files, threads, sockets
network      a run in memory, and how two runs differ
stand_ins, watched    parts to try another with, and observers around a part
fresh        the same case in other processes with other hash seeds
parts        rules for any kind of part
connectors, transformers, strategies, models, sinks, commands    the rules of each kind
strategy_case, model_case    one to be tried: how to build it, and what it answers
plugin       a whole plugin, all its parts
source       what a plugin's source imports

The same rules serve the classes for pytest (``mm.testing.contracts``) and ``mm plugins check``.
"""
