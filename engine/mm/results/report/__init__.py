"""A run as one HTML page: charts whose time axes are tied together, and tables.

    thin        which points of a long line are drawn
    content     what is drawn over time: the columns of a run, as panels of lines
    judged      what is drawn by other axes: markouts, profit by hour, inventory
    fills       our fills, and the short story of each
    theme       colours, axes and titles of all charts
    timeline, figures    both kinds of content as figures of the charting library
    tables      figures, health, configuration and versions as HTML
    markets     the charts and figures of one of several markets, and the choice between them
    page        the report of a run
    compared    the page of several runs held against each other
    frame       all of a page in one file

The charts are plotly's, whose Python package brings its JavaScript; it is wanted only when a page
is written. Numbers are those of ``Run.summary`` and ``Run.metrics``. Nothing here starts a run.
"""

from mm.results.report.frame import check_library, check_place
from mm.results.report.page import make_page, write_page

__all__ = ["check_library", "check_place", "make_page", "write_page"]
