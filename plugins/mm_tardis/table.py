"""The names that the kernels share: columns of a file, columns of the parsed table, codes.

A parsed row is a row of an int64 array of shape (n, WIDTH). A number is two columns, mantissa and
exponent (see ``decimals``), so that nothing is rounded before the grid is known.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Text: TypeAlias = npt.NDArray[np.int8]
"""Bytes as int8, not uint8: with int64 numba would turn unsigned numbers into floats."""
Ints: TypeAlias = npt.NDArray[np.int64]

# What a column of the file is (``roles``), in file order.
IGNORED: Final = 0
EXCHANGE: Final = 1
SYMBOL: Final = 2
EXCHANGE_TIME: Final = 3
LOCAL_TIME: Final = 4
SIDE: Final = 5
SNAPSHOT: Final = 6
FUNDING_TIME: Final = 7
ID: Final = 8  # of a trade
PRICE: Final = 9  # a quote's bid; a ticker's mark price
SIZE: Final = 10  # a ticker's funding rate
ASK_PRICE: Final = 11
ASK_SIZE: Final = 12  # a ticker's settlement price
COLUMN: Final = 100  # plus a column's number: the one at fault, where a role has several

# The columns of the parsed table.
T_EXCHANGE: Final = 0  # µs; LOCAL's value where the file has none
T_LOCAL: Final = 1  # µs
T_SIDE: Final = 2  # 1 buy or bid, -1 sell or ask, 0 unknown; a funding rate's sign
T_SNAPSHOT: Final = 3  # CHANGE, SHOWN, BEGINS or GOES_ON
T_TIMELESS: Final = 4  # 1 = the exchange time was empty, or the local time once more
T_MARK: Final = 5  # a hash of the ignored fields, to tell repeated rows from similar ones
T_PRICE: Final = 6
T_SIZE: Final = 8
T_ASK_PRICE: Final = 10
T_FUNDING: Final = 10  # µs, when a ticker's rate applies; 0 = not given
T_ID: Final = 10  # a hash of a trade's id; 0 = it has none
T_REPEATED: Final = 11  # 1 = a trade that was there before
T_LEVEL: Final = 10  # of a row of whole books: which level of the line it is
T_ASK_SIZE: Final = 12
T_ROW: Final = 14  # the data row in the file; the file's first is 1
WIDTH: Final = 15

# What a book row is.
CHANGE: Final = 0  # is_snapshot is false
SHOWN: Final = 1  # is_snapshot is true
BEGINS: Final = 2  # the first level of a row that is a whole book
GOES_ON: Final = 3  # its other levels

# Kinds of file; the numbers are also the order in which rows of one time are merged.
TRADES: Final = 0
QUOTES: Final = 1
BOOK: Final = 2
TICKERS: Final = 3

# What can be wrong with a line, or with the numbers on it.
OK: Final = 0
FIELD_COUNT: Final = 1
BLANK_LINE: Final = 2
LONG_LINE: Final = 3
JUNK: Final = 4  # text after a valid value
EMPTY: Final = 5
NOT_NUMBER: Final = 6
NEGATIVE: Final = 7
NOT_POSITIVE: Final = 8
DIGITS: Final = 9
BAD_TIME: Final = 10
GOES_BACK: Final = 11
BAD_SIDE: Final = 12
BAD_SNAPSHOT: Final = 13
OTHER_EXCHANGE: Final = 14
OFF_GRID: Final = 15
TOO_LARGE: Final = 16

MAX_LINE: Final = 16384  # bytes; a book_snapshot_25 row, the longest Tardis has, needs under 3000
SHORTEST_ROW: Final = 23  # bytes: the 16 digits of a local time, and 7 separators (tickers)

PREVIOUS: Final = 0  # in ``memory``: local time of the row before [µs]
BLANKS: Final = 1  # in ``memory``: 1 after a blank line
INEXACT: Final = 2  # in ``memory``: cut digits beyond the 18th off; 1 prices, 2 sizes, 3 both
LINES: Final = 3  # in ``memory``: data rows so far, with those of other symbols
MEMORY: Final = 4
