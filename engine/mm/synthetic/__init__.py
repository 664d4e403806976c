"""A synthetic XBTUSD market in Tardis format: the sample that ships, of any length and seed.

Everything in it is invented: no row was recorded anywhere. One limit order book is simulated event
by event: takers arrive in bursts with sticky sides and move a fair price, makers pull, improve and
fidget at the touch, others requote behind it, and a recorder stamps each message with its own
clock. Trades, quotes and book come from that one book, so replaying the book gives the quotes.
It knows nothing of the engine but how a recording writes its lines, and the engine nothing of it.

    takers ─┐            ┌─ wire (arrival times)
    makers ─┼─► scene ─► tape ─► trades.csv.gz, quotes.csv.gz, book.csv.gz
    depth  ─┘     │      └─ book (two ladders)
              event_queue

    sample         wires it up; write_sample is the way in
    scene          what the parts share: the tape with its book, the queue, the fair price
    event_queue    what happens next: calls by simulated time
    takers         bursts of orders with a side, and the news that moves the fair price
    makers         who makes the touch: pulls stale quotes, closes wide spreads
    depth          the book behind the touch
    ladder, sizes  the two sides of the book; how large orders are
    tape, wire     the recorder; when each message arrives at it

In a checkout, ``python -m tests.synthetic.compare DIRECTORY`` prints the table below for any
directory.

How the shipped half hour (seed 0) compares with the real XBTUSD hour of 2024-08-01. ``gap`` is the
time between rows or orders, ``Fano`` the variance over the mean of counts, ``episode`` a stretch
with a spread above one tick, ``lambda`` the intensity of trades that far from the mid::

    quotes                                     here       real   ratio
      rows per second                         14.32       15.8    0.91
      gap p25 [ms]                             1.06      1.802    0.59
      gap p50 [ms]                            4.036       5.12    0.79
      gap p75 [ms]                            27.83      31.99    0.87
      gap p90 [ms]                            182.9      132.2    1.38
      gap p99 [ms]                             1076       1049    1.03
      Fano at 1 s                             22.56      20.54    1.10
      Fano at 10 s                            46.49      74.58    0.62
      size-only rows [%]                       55.9      59.06    0.95
      jump p50 [half ticks]                       6          5    1.20
      jump p75 [half ticks]                      13         20    0.65
      jump p90 [half ticks]                      24         35    0.69
      jump reversals [%]                       29.8      31.14    0.96
      spread 1 tick, time [%]                 88.27      87.03    1.01
      spread 1 tick, rows [%]                 45.47      46.76    0.97
      spread > 10 ticks, time [%]              8.16       5.57    1.47
      spread p90, rows [ticks]                   64         41    1.56
      spread p99, rows [ticks]                248.4        143    1.74
      bid size p10                              200        400    0.50
      bid size p50                         1.75e+04   1.67e+04    1.05
      bid size p90                         4.71e+04    4.7e+04    1.00
      wide episodes per second                1.101      1.141    0.96
      episode p50 [ms]                        15.54      13.69    1.13
      episode p75 [ms]                        65.65      77.11    0.85
      episode p90 [ms]                        301.4      322.8    0.93
      episode peak p50 [ticks]                   18         20    0.90
      episode peak p90 [ticks]                   64         70    0.91
      rows per episode                        7.092      7.371    0.96
      sigma at 100 ms [USD/√s]                3.767      4.197    0.90
      sigma at 500 ms [USD/√s]                4.368      4.831    0.90
      still half seconds [%]                  67.79      64.35    1.05
      kurtosis at 500 ms                      48.38      39.43    1.23
      autocorrelation at 500 ms             0.07124      0.103    0.69
      sigma at 10 s [USD/√s]                  5.665      5.748    0.99
      sigma at 60 s [USD/√s]                  6.188      6.628    0.93
    latency of quotes                          here       real   ratio
      latency min [ms]                        6.154      6.093    1.01
      latency p5 [ms]                         6.671      6.802    0.98
      latency p50 [ms]                        8.288      8.078    1.03
      latency p75 [ms]                        9.999      10.29    0.97
      latency p90 [ms]                        16.03      22.17    0.72
      latency p99 [ms]                        192.6      127.8    1.51
      latency max [ms]                        336.6      369.1    0.91
      latency autocorrelation                0.9072     0.9879    0.92
    trades                                     here       real   ratio
      rows per second                         1.329      1.227    1.08
      orders per second                      0.7352     0.7055    1.04
      gap p25 [ms]                                4       4.25    0.94
      gap p50 [ms]                               55         59    0.93
      gap p75 [ms]                            769.5       1206    0.64
      gap p90 [ms]                             4311       4408    0.98
      gap p99 [ms]                        1.745e+04  1.529e+04    1.14
      Fano at 1 s                             10.09      17.04    0.59
      Fano at 60 s                            71.37      79.06    0.90
      same side as the last [%]               84.19      87.31    0.96
      side autocorrelation, lag 5            0.4883     0.4927    0.99
      side autocorrelation, lag 20           0.2951     0.2984    0.99
      orders of 1 row [%]                     65.61      66.92    0.98
      orders of 5 rows or more [%]            5.593      4.647    1.20
      orders within 1 level [%]               84.35      80.23    1.05
      sweep p90 [ticks]                          14         16    0.88
      sweep p99 [ticks]                          73      89.62    0.81
      row size p50                              600        600    1.00
      row size p90                         1.64e+04   1.41e+04    1.16
      rows of 100 [%]                         32.73      31.31    1.05
      order size p50                           1000       1000    1.00
      order size p90                       2.35e+04  1.694e+04    1.39
      order size p99                      1.308e+05  1.328e+05    0.98
      orders taking the whole touch [%]       56.54       55.3    1.02
      mid move after 0 s [ticks]               8.04      12.05    0.67
      mid move after 0.1 s [ticks]             36.5      49.86    0.73
      mid move after 1 s [ticks]              70.12      94.08    0.75
      mid move after 30 s [ticks]             161.1      138.9    1.16
      lambda at 0.5 ticks [1/s]               0.142      0.145    0.98
      lambda at 9.5 ticks [1/s]             0.07585    0.06682    1.14
      lambda at 49.5 ticks [1/s]            0.03473    0.03084    1.13
      lambda at 99.5 ticks [1/s]            0.01695    0.01403    1.21
      A [1/s]                               0.08467    0.07887    1.07
      k [1/tick]                            0.01711    0.01814    0.94
    latency of trades                          here       real   ratio
      latency p50 [ms]                        12.41      12.14    1.02
      latency p90 [ms]                        76.06      100.8    0.75
      latency p99 [ms]                        313.1      324.9    0.96
    book                                       here       real   ratio
      snapshot levels                          5432       5465    0.99
      bid levels within 100 ticks                16         17    0.94
      ask levels within 100 ticks                16         16    1.00
      bid levels within 1000 ticks              166        166    1.00
      ask levels within 1000 ticks              130        127    1.02
      rows per second                         223.8      397.9    0.56
      gap behind the touch p50                    8         14    0.57
      deletes [%]                             39.68      42.32    0.94
      inserts [%]                             39.69      39.51    1.00
      updates [%]                             20.63      18.16    1.14
      rows at 0 ticks [%]                     6.416       2.06    3.11
      rows at 1 to 9 ticks [%]                 2.59      2.622    0.99
      rows at 10 to 49 ticks [%]              10.35      10.86    0.95
      rows at 50 to 99 ticks [%]             0.8395     0.9363    0.90
      rows at 100 to 249 ticks [%]            42.63      44.38    0.96
      rows at 250 to 499 ticks [%]            14.75      15.54    0.95
      rows at 500 to 999 ticks [%]            14.87      15.54    0.96
      rows at 1000 or more ticks [%]          7.553      8.052    0.94
      trades before the book [%]              77.85       79.4    0.98
      trades with the book [%]                3.855        2.9    1.33

What does not match, and why:

- The real book has about 370 to 400 rows a second; this one has 225, to keep the files small. So
  the touch, which keeps its real pace, makes up three times its real share of the rows.
- Moves of the touch are too small in the upper half (p75 13 half ticks for 20): makers step
  towards the fair price more finely, and the level behind the touch is nearer (8 ticks for 14).
- A taker order moves the mid within a second by a quarter less than a real one, and over 30 s by
  a little more. Spreads above 10 ticks are too wide (p90, p99) and stand too long.
- Isolated orders are too few: the gaps between orders have a p75 of 0.8 s for 1.2 s.
- The largest real bursts (699 trade rows in one minute) are rarer.
- Seed 0 is a quiet draw. Half hours of seeds 0 to 3 have on average 0.82 orders a second, A 0.092,
  k 0.0160, lambda 0.021 at 99.5 ticks (half too much) and sigma 7.7 at 60 s; their Fano factors
  at 60 s lie between 29 and 71.
- The real hour had a bid wall of 10 million, drifting volume and unequal sides; there is no such
  thing here. Prices more than 1000 USD away hardly change.
- Real figures of the book rest on 1.3 s, and all of them on one hour of one day.
"""

from mm.synthetic.sample import DEFAULT_SECONDS, SampleReport, write_sample

__all__ = ["DEFAULT_SECONDS", "SampleReport", "write_sample"]
