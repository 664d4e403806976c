"""Monte-Carlo through the engine: many independent paths, their statistics, and what is exact.

processes    paths shared out among processes, any number of which gives the same numbers
runs         some paths as one run of the network, an instrument each
statistics   outcomes of paths to means and deviations with their standard errors
expected     what the exact moments need, read from a run file, where they can be had at all
moments      the exact moments, for quotes that depend on time and inventory only
paper        the figures that Avellaneda and Stoikov (2008) printed
picture      histograms of profit

Everything is keyed by (seed, path number), so it does not matter which path ran where.
"""
