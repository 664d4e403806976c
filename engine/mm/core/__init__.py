"""The pure parts: the market as it is known, the venue, the money. No Trio, no clock, no files.

evidence     what is known of each price: shown, not shown, contradicted. The theory is here
fusing       what book, quotes and prints say, and the touch that all of them leave
book         absolute sizes by price level, for any number of instruments
touch        quotes from the book, for data that comes without quotes
batch_check  what a connector sends, held to its contract and to the bounds
candles      open, high, low, close and volume by period
depth        the best levels of both sides
traded       what was traded between two rows
waking       a row of features brought up to now
asof         the latest value of a column when each row was made
venue        the simulated venue: matching, queues, latency, fees, funding
bracket      the same orders under other fill models
working      our open orders as far as we know
position     one instrument's position: lots, what they cost, what they are worth
ledger, accounts, entries    fills and funding in; cash, fees, equity and rows of tables out
"""
