"""A distribution to start a plugin from: names checked, templates filled in, written whole.

names      what a distribution, its package and its class are called, and which names will not do
render     templates -> the files' texts; reads no more than this package
write      a folder of files, all or nothing
templates  one folder a kind of part, and what all kinds share

A template is a file with ``$names`` in it; the folder ``src/package`` stands for the package. No
line's layout may depend on how long a name is, since what comes out has to be formatted already.
"""

from mm.scaffold.names import KINDS, Names, choose_names
from mm.scaffold.render import render
from mm.scaffold.write import write_new

__all__ = ["KINDS", "Names", "choose_names", "render", "write_new"]
