"""The arguments of each verb: ``add(verbs)``, in a module of the verb's name.

They stand apart from what the verbs do, since they import argparse at most: ``mm --help`` loads
all of them.

    alerts, backtest, calibrate, compare, config, data, explain, live, plugins, prove, quotes,
    record, report, runs, simulate, sweep, watch    a verb each
"""
