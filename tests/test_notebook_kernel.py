"""What Jupyter does differently, in a real kernel: its event loop, classes in cells, interrupts."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from tests.short_market import write_run_file

START = """
import asyncio, os, signal
import mm
from mm.api import BUY, RowStrategy
asyncio.get_running_loop()  # as in every cell; raises if there is none
"""
CLASS = """
class Cell(RowStrategy, compiled=True):
    def on_row(self, row, account, orders):
        orders.quote(BUY, row["bid"] - BEHIND, LOTS)

def digest(**keys):
    return mm.backtest(run_file, keys, strategy=Cell, run_dir=None).digest
"""
CELLS = [
    "BEHIND, LOTS = 0, 1" + CLASS,
    "first = digest(); first == digest(**{'engine.closed_loop': False})",
    # The same source where another number is meant, without the cell of the class and with it.
    "LOTS = 2; second = digest(); second == digest(**{'engine.closed_loop': False})",
    "len({first, second})",
    "BEHIND = 3" + CLASS + "third = digest(); third == digest(**{'engine.closed_loop': False})",
    "len({first, second, third})",
    CLASS.replace("LOTS)", "LOTS * 2)") + "digest() == digest(**{'engine.closed_loop': False})",
    # What cannot be compiled names its line in the cell.
    CLASS.replace('row["bid"]', 'row["best"]')
    + "try:\n    digest()\nexcept mm.api.PluginError as error:\n    text = str(error)\n"
    "'strategy \\'Cell\\' (this script) raised' in text and ':3: Field \\'best\\'' in text or text",
]
INTERRUPTED = """
times = [{times}]

class {name}(RowStrategy):
    def on_row(self, row, account, orders):
        for _ in range(times.pop() if times else 0):
            os.kill(os.getpid(), signal.SIGINT)
        while {name}.__name__ == "Twice":
            pass

try:
    told = mm.backtest(run_file, strategy={name}, run_dir=None).status
except KeyboardInterrupt:
    told = "raised"
told
"""


def of_a_cold_start(output: Any) -> bool:
    """Whether it says that kernels are compiled, as the first run of a version does."""
    return str(output.get("text", "")).startswith("compiling kernels")


@pytest.fixture(scope="module")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run_file(tmp_path_factory.mktemp("market"))


def shown(run_file: Path, *cells: str, lines: int) -> list[str]:
    """Run cells in one kernel, so many of them with runs; give what each shows as its value."""
    sources = [f"{START}run_file = {str(run_file)!r}", *cells]
    made = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook: Any = nbformat.v4.new_notebook(cells=made)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [
        [out for out in cell.outputs if "execution_count" not in out and not of_a_cold_start(out)]
        for cell in notebook.cells
    ]
    # What progress leaves, whatever was run in a cell: one line, which says nothing any more.
    line = {"text/plain": "", "text/html": ""}
    assert [[out.get("data") for out in outs] for outs in outputs if outs] == [[line]] * lines
    values = [o for cell in notebook.cells for o in cell.outputs if "execution_count" in o]
    return [value["data"]["text/plain"] for value in values]


def test_a_class_of_a_cell_is_compiled_as_it_stands_now(run_file: Path) -> None:
    assert shown(run_file, *CELLS, lines=4) == [
        "True", "True", "2", "True", "3", "True", "True",
    ]  # fmt: skip


def test_interrupts_end_the_run_and_not_the_kernel(run_file: Path) -> None:
    once = INTERRUPTED.format(name="Once", times=1)
    twice = INTERRUPTED.format(name="Twice", times=2)
    status = "mm.backtest(run_file, run_dir=None).status"
    expected = ["'interrupted'", "'complete'", "'raised'", "'complete'"]
    assert shown(run_file, once, status, twice, status, lines=4) == expected
