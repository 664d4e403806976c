"""The built-in sinks: CSV or Parquet files in the run directory, a line per fill on the console.

csv       files that grow by whole rows
parquet   typed files, made of CSV at the end
console   a line per fill
columns   the tables: names and order of their columns
cells     how a column of rows becomes text
rounding  floats to significant digits, many at once
"""

from mm.api import Context, NoConfig, Output, Sink, SinkOffer, hookimpl

MM_API = (0, 1)


def _csv(config: NoConfig, context: Context, output: Output) -> Sink:
    from mm_sinks.csv import CsvSink

    return CsvSink(context.instruments, output.directory)


def _parquet(config: NoConfig, context: Context, output: Output) -> Sink:
    from mm_sinks.parquet import ParquetSink

    return ParquetSink(context.instruments, output.directory, output.metadata)


def _console(config: NoConfig, context: Context, output: Output) -> Sink:
    from mm_sinks.console import ConsoleSink

    return ConsoleSink(context.instruments)


@hookimpl
def mm_sinks() -> list[SinkOffer]:
    """Offer the sinks; none has anything to configure."""
    return [
        SinkOffer(name="csv", config=NoConfig, build=_csv, help="CSV files in the run directory"),
        SinkOffer(
            name="parquet", config=NoConfig, build=_parquet, help="Parquet files, typed columns"
        ),
        SinkOffer(
            name="console", config=NoConfig, build=_console, help="a line per fill on stderr"
        ),
    ]
