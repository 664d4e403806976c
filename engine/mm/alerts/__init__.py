"""Alerts of a live run: rules that fire and clear, and word of it to a webhook or a command.

    quantities   what a rule may ask about: names, units, which figure each is made of
    rules        what fires when: conditions read and judged; pure, time is an argument
    message      an alert as a sentence and as JSON
    address      whether a text is the address of a webhook
    webhook      tells an address
    command      tells a program
    delivery     tries again, waits longer each time, and keeps only the latest that is not told
    watch        looks at the run twice a second, and hands on what fires

Alerts read what the run leaves for displays, and nothing reads them back: whatever a receiver does,
the run's results are the same bytes. Nothing here knows an engine, a page or a run file.
"""
