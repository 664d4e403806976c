"""Estimates of sigma, A and k from market data, with errors, and what they look like.

    read      Trio: the run file's connector, by way of a bounded channel, into a sampler
    sample    events in; mids on grids, the deepest trade of each interval, taker orders out
    grid      the mids on one grid, and what the sampler remembers of the touch
    depths    from a sample to counts: who reached which depth, in which block of time
    fits      lines and likelihoods through such counts: exponential, power law, empirical
    blocks    standard errors that hold for bursts and fat tails
    volatility, intensity, estimate   the estimates themselves
    own       A and k by the definition of the run file's transformer
    takers    trades to taker orders, by time and side
    report, content, picture    text and TOML; JSON; PNG or SVG
    paste     the table put into a run file, comments kept

All but ``read`` are pure. Nothing here knows of strategies but for the names of their settings.
"""
