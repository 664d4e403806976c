"""mm: a deterministic, event-driven market-making engine.

Plugins import ``mm.api`` and their tests ``mm.testing``; everything else is private.

    api/      what a plugin may touch: events, orders, account, offers, hooks, errors
    testing/  what a plugin's tests may touch
    core/     pure state machines and kernels: no Trio, no clock, no files
    run/      the Trio tasks that host them, and the wiring
    cli/      arguments in, text out
"""
