"""Compiling a function that only other compiled functions call: to code that is linked, not run.

numba optimises every function with all that it calls, makes machine code of it and keeps that. Of a
function that is only ever part of another, all three are done for nothing, once for each level of
calls between it and Python: that was two fifths of the time that the first run compiled for, and
five sixths of what it kept on disk. Here such a function ends as LLVM's code, not optimised; who
calls it takes that in, and optimises the whole.

It is built on numba's extension of compiler pipelines and on what its code libraries look like
within (tried with 0.68): three methods, all in ``_LinkedLibrary``. If they change, a test says so.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import AnnotateTypes


class InnerCompiler(CompilerBase):
    """numba's own pipeline, but for where the code goes."""

    def define_pipelines(self) -> list[Any]:
        """Have the library made before there is anything to put into it."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_MakeLibrary, AnnotateTypes)
        pipeline.finalize()
        return [pipeline]


@register_pass(mutates_CFG=False, analysis_only=False)
class _MakeLibrary(LoweringPass):
    _name = "mm_make_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        state.library = _LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return False  # the function is as it was


class _LinkedLibrary(JITCodeLibrary):
    """Code to be linked into others; the engine that runs code never hears of it."""

    @property
    def codegen(self) -> "_NoEnvironment":
        return _NoEnvironment()

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is none: see ``mm.api.jit.inner``."""
        self._ensure_finalized()
        return 0


class _NoEnvironment:
    """In place of the engine, where the address of a function's globals would be entered."""

    def set_env(self, name: str, environment: object) -> None:
        """Nothing runs that could ask for it."""
