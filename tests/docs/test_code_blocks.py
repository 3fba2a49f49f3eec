"""Every block of code in README and the documentation is what it says: it parses, and names what exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest
from pages import PAGES, ROOT, Block, blocks, lines, prose

from widedeep.components.common.yaml_text import from_yaml
from widedeep.components.features.groups import declaration
from widedeep.pipeline.cli import command as widedeep
from widedeep.pipeline.definition.config import PipelineConfig

# Of other programs, whose options are theirs.
OTHERS = {"NS=kubeflow", "curl", "docker", "export", "kubectl", "printf", "prism", "sed", "tools/entrypoint", "uv"}
ROOMS = re.compile("(benchmarks|components|docs|examples|kubeflow|pipeline|schema|serving|tests|tools)/")
LEAST = {"name": "least", "data": {"path": "data", "format": "csv", "hash_split": {"train": 8, "eval": 1, "test": 1}}}


def test_every_block_says_its_language() -> None:
    known = {"console", "math", "python", "text", "yaml"}
    assert [f"{block}: '{block.language}'" for block in blocks() if block.language not in known] == []
    # No fence stays open.
    for page in PAGES:
        assert "```" not in prose(page), page


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_is_taken_by_the_settings(block: Block) -> None:
    given = from_yaml(block.text)
    if "label" in given or isinstance(given.get("features"), list):
        spec = declaration({"label": {"key": "clicked"}, **given}, str(block))
        keys = [feature["key"] for feature in given.get("features", []) if "key" in feature]
        assert [feature.key for feature in spec.features if feature.key in keys] == keys
    else:
        assert PipelineConfig.model_validate(LEAST | given).model_fields_set >= set(given) - {"schema"}


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_compiles_and_imports_what_exists(block: Block) -> None:
    snippet = re.fullmatch(r'--8<-- "(.+)"\n', block.text)
    if snippet:
        # An example, which test_examples.py runs.
        assert (ROOT / snippet[1]).is_file()
        return
    compile(block.text, str(block), "exec")
    for module, names in re.findall(r"^from (widedeep\S*) import (.+)$", block.text, re.MULTILINE):
        spec = importlib.util.find_spec(module)
        assert spec is not None, module
        assert spec.origin is not None
        source = Path(spec.origin).read_text()
        for name in names.split(", "):
            submodule = importlib.util.find_spec(f"{module}.{name}") if spec.submodule_search_locations else None
            assert submodule or re.search(rf"^(class|def) {name}\b", source, re.MULTILINE) or name in source, name


@pytest.mark.parametrize("block", blocks("console"), ids=str)
def test_console_names_commands_and_options_that_exist(block: Block) -> None:
    given = lines(block)
    assert given, "a block of console has lines that start with '$ '"
    for line in given:
        # What follows is the person's note, or another program's.
        words = shlex.split(re.split(r" #| &$| \|", line)[0])
        program = words[0].removeprefix(".venv/bin/")
        if program == "widedeep":
            check_widedeep(words[1:])
        elif program == "make":
            check_target(words[1])
        elif program == "python":
            check_python(words[1:])
        else:
            assert program in OTHERS, line
        if program == "docker" and "widedeep-tfx" in words[:-1] and words[1] == "run":
            check_widedeep(words[words.index("widedeep-tfx") + 1 :])


def check_widedeep(words: list[str]) -> None:
    """The command exists, and takes these options and arguments."""
    context = click.Context(widedeep, info_name="widedeep")
    command: click.Command = widedeep
    while isinstance(command, click.Group):
        known = command.get_command(context, words[0])
        assert known is not None, words
        command, words = known, words[1:]
    values, rest, _ = command.make_parser(click.Context(command)).parse_args(list(words))
    assert rest == []
    for parameter in command.params:
        # Click has a word of its own for what is not given.
        assert not parameter.required or isinstance(values.get(parameter.name), str | tuple), (words, parameter.name)


def check_target(name: str) -> None:
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE), name


def check_python(words: list[str]) -> None:
    """The module, or the script, exists."""
    if words[0] == "-m":
        spec = importlib.util.find_spec(words[1])
        assert spec is not None, words
        return
    assert (ROOT / words[0]).is_file(), words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_prose_exist(page: Path) -> None:
    for code in re.findall(r"`([^`\n]+)`", prose(page)):
        words = code.split()
        if words[0] == "widedeep" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in widedeep.list_commands(click.Context(widedeep)), code
        if words[0] == "make" and len(words) > 1 and words[1] != "help":
            check_target(words[1])
        if words[:2] == ["python", "-m"]:
            check_python(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_in_the_prose_exist(page: Path) -> None:
    for code in re.findall(r"`([^`\s]+)`", prose(page)):
        # Patterns, placeholders, and what the reader makes.
        if ROOMS.match(code) and not re.search(r"[*A-Z(]|/mine/", code):
            assert (ROOT / code).exists() or (page.parent / code).exists(), code


def test_the_checks_find_what_is_wrong() -> None:
    with pytest.raises(click.NoSuchOption):
        check_widedeep(["run", "pipeline.yaml", "--sett", "a=b"])
    with pytest.raises(AssertionError):
        check_widedeep(["run"])
    with pytest.raises(AssertionError):
        check_widedeep(["jump"])
    with pytest.raises(AssertionError):
        check_target("coffee")
    with pytest.raises(AssertionError):
        check_python(["-m", "widedeep.coffee"])
    # As a pattern with a brace stood here once.
    with pytest.raises(Exception, match="while parsing"):
        from_yaml("splits: {train: day-{SPAN}/train/*, eval: day-{SPAN}/eval/*}")


def test_a_block_in_a_list_is_a_block() -> None:
    assert any(block.text.startswith("$ make setup") for block in blocks("console") if block.page.name == "release.md")
