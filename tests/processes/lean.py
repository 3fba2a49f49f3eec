"""To be imported first: what follows is imported as our own commands do."""

from __future__ import annotations

from widedeep.components.common.process import lean_imports

lean_imports.install()
