"""A page to watch a run by, in a browser: read-only, and of no consequence to the run.

    guard        who may ask: host, origin, method, token; pure
    board        what viewers are shown, bounded, and what one has missed; pure
    sample       a running engine's state as the page has it
    disk         the same of a run's folder, finished or not
    texts        how both write money
    app          the pages and the stream of updates (Starlette)
    gauges       ``/metrics`` for Prometheus and ``/health`` for a supervisor
    serve        sockets, limits and deadlines (Hypercorn's HTTP), and who keeps the board

Reads what the engine leaves for displays; nothing reads back. Each viewer is sent what it missed
when it is ready for it, so a slow one costs nothing but its own freshness.
"""
