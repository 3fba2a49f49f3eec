"""What `lint-imports` does not see of the house: how full its rooms are. (pyproject.toml holds the arrows.)"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_MODULES = 12


def test_a_room_has_a_dozen_modules_at_most_and_says_what_it_is_for() -> None:
    rooms = [
        init.parent
        for folder in ("benchmarks", "components", "pipeline", "serving")
        for init in (ROOT / folder).rglob("__init__.py")
    ]
    assert len(rooms) > len({"benchmarks", "components", "pipeline", "serving"})
    full = {str(room.relative_to(ROOT)): len(list(room.glob("*.py"))) - 1 for room in rooms}
    assert {room: modules for room, modules in full.items() if modules > MOST_MODULES} == {}
    assert [str(room) for room in rooms if not (room / "__init__.py").read_text().startswith('"""')] == []
