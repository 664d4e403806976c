"""The gallery: each notebook runs in a real kernel, on the bundled sample, as for a reader.

Notebooks are kept without outputs: results change with the engine, and what stands in a file that
nobody ran is no result. So a difference between two versions of one is what somebody wrote.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "example" / "notebooks").glob("*.ipynb"))


def name_of(path: Path) -> str:
    return path.stem


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The example's files, elsewhere, so that runs are left there."""
    example = tmp_path / "example"
    example.mkdir()
    for name in ("backtest.toml", "live.toml"):
        shutil.copy(ROOT / "example" / name, example)
    (example / "data_sample").symlink_to(ROOT / "example" / "data_sample")
    (example / "notebooks").mkdir()
    return example / "notebooks"


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def execute(notebook: Any, folder: Path) -> Any:
    """Run all cells in a fresh kernel of this Python; a cell that fails raises."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
    return client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_runs_and_complains_of_nothing(path: Path, clone: Path) -> None:
    notebook = execute(read(path), clone)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    said = [out["text"] for out in outputs if out.get("name") == "stderr"]
    assert [text for text in said if not text.startswith("compiling kernels")] == []
    assert [out["ename"] for out in outputs if out["output_type"] == "error"] == []
    assert "".join(out.get("text") or out["data"]["text/plain"] for out in outputs).strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_short_valid_and_without_outputs(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(content)
    assert content["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    cells = content["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert cells[0]["cell_type"] == "markdown"
    assert len(code) <= 12
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in code)
    assert all(cell["metadata"] == {} for cell in cells)


def test_the_tutorial_lists_every_notebook() -> None:
    text = (ROOT / "example" / "README.md").read_text(encoding="utf-8")
    assert len(NOTEBOOKS) == 5
    assert [path.name for path in NOTEBOOKS if f"(notebooks/{path.name})" not in text] == []
