"""The other processes of the kit, started once for all its tests."""

from collections.abc import Iterator

import pytest

from mm.testing.kit.fresh import fresh_processes


@pytest.fixture(scope="session", autouse=True)
def processes() -> Iterator[None]:
    with fresh_processes():
        yield
