"""The built-in sinks: CSV files in the run directory, and a line per fill on the console."""

from mm.api import Context, NoConfig, Output, Sink, SinkOffer, hookimpl

MM_API = (0, 1)


def _csv(config: NoConfig, context: Context, output: Output) -> Sink:
    from mm_sinks.csv import CsvSink

    return CsvSink(context.instruments, output.directory)


def _console(config: NoConfig, context: Context, output: Output) -> Sink:
    from mm_sinks.console import ConsoleSink

    return ConsoleSink(context.instruments)


@hookimpl
def mm_sinks() -> list[SinkOffer]:
    """Offer both sinks; neither has anything to configure."""
    return [
        SinkOffer(name="csv", config=NoConfig, build=_csv, help="CSV files in the run directory"),
        SinkOffer(
            name="console", config=NoConfig, build=_console, help="a line per fill on stderr"
        ),
    ]
