"""The compiled build, for tests that start processes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import NoCompiler, compiled_package


@pytest.fixture(scope="session")
def compiled() -> Path:
    """Return the folder of the compiled build of this checkout."""
    try:
        return compiled_package()
    except NoCompiler as error:
        pytest.skip(str(error))
