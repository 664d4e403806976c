"""A study as one HTML page, judged in words, and its best sets as run files.

    reading    the rows of one study, and what their keys are
    content    the study as ranked sets with what each earned block by block
    words      what may be concluded, in plain sentences
    figures    charts by parameter: heat maps, parallel coordinates, effects, the Pareto front
    course     charts by time: equity, walk-forward, overfitting
    page       all of it as HTML
    best       the best sets as run files

Numbers are those of ``mm.judge``; frame, style and tables those of ``mm.results.report``.
"""

from mm.study.report.best import write_best
from mm.study.report.content import Content, read_study
from mm.study.report.page import make_study, write_study
from mm.study.report.words import verdict

__all__ = ["Content", "make_study", "read_study", "verdict", "write_best", "write_study"]
