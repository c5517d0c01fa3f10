"""Agents in Markdown, as public collections have them: what a reader would understand is understood."""

from pathlib import Path

import pytest

from repertory.memory.definitions.markdown import MAX_BYTES, Described, Vocabulary, read_markdown
from repertory.memory.definitions.problems import DefinitionError
from repertory.memory.records import ModelSpec

TOOLS = {
    "read": "read_file",
    "grep": "search_files",
    "glob": "list_files",
    "ls": "list_files",
    "read_file": "read_file",
}
VOCABULARY = Vocabulary(TOOLS, lambda model: model.startswith("openai:"))
BLOB = """Use this agent when code was written. Examples:
<example>
Context: The user is done: with it.
user: "Review: this"
assistant: "I'll use it"
</example>"""


def read(folder: Path, text: str | bytes, name: str = "some-agent.md") -> Described | None:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_markdown(path, name, VOCABULARY)


def agent_of(folder: Path, fields: str, body: str = "\nYou are one.\n") -> Described:
    described = read(folder, f"---\n{fields}---\n{body}")
    assert described is not None
    return described


def problem(folder: Path, text: str | bytes) -> str:
    with pytest.raises(DefinitionError) as raised:
        read(folder, text)
    return str(raised.value)


def test_the_common_form_is_read(tmp_path: Path) -> None:
    """Name, description, tools with commas, and the prompt below; a role from the name, and no unknown model."""
    described = agent_of(
        tmp_path,
        "name: api-designer\ndescription: Designs APIs.\ntools: Read, Grep, Bash, LS, Glob\nmodel: opus\ncolor: red\n",
    )
    agent = described.agent
    assert (agent.name, agent.role, agent.description) == ("api-designer", "API designer", "Designs APIs.")
    assert (agent.tools, described.dropped) == (("read_file", "search_files", "list_files"), ("Bash",))
    assert (agent.prompt, agent.model, described.original) == ("You are one.", ModelSpec(), "api-designer")


@pytest.mark.parametrize(
    ("tools", "kept", "dropped"),
    [
        ("[Read, Bash]", ("read_file",), ("Bash",)),
        ("\n  - Read\n  - grep", ("read_file", "search_files"), ()),
        ("Bash(git add:*, git commit:*), Read(docs/**)", ("read_file",), ("Bash",)),
        ("\n  read: true\n  grep: false\n  bash: true", ("read_file",), ("bash",)),
        ("read_file", ("read_file",), ()),
        ("'*'", (), ("*",)),
        ("", (), ()),
    ],
)
def test_tools_are_taken_from_every_form(tmp_path: Path, tools: str, kept: tuple[str], dropped: tuple[str]) -> None:
    """Lists, lines, commas with limits in brackets, switches, and names of ours; what is not here is left out."""
    described = agent_of(tmp_path, f"name: a\ndescription: d\ntools: {tools}\n")
    assert (described.agent.tools, described.dropped) == (kept, dropped)


@pytest.mark.parametrize(
    ("model", "name"),
    [("openai:gpt-5.1", "openai:gpt-5.1"), ("opus", None), ("inherit", None), ("other:m", None), ("[a]", None)],
)
def test_only_models_that_can_be_used_are_kept(tmp_path: Path, model: str, name: str | None) -> None:
    """Others are the run's to choose."""
    assert agent_of(tmp_path, f"name: a\ndescription: d\nmodel: {model}\n").agent.model == ModelSpec(name=name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Use when: you need one", "Use when: you need one"),
        (BLOB, BLOB),
        ("'it''s quoted'", "it's quoted"),
        ('"with a \\"word\\": in quotes"', 'with a "word": in quotes'),
        ('"Use: "this" one"', 'Use: "this" one'),
        ('"Use: an unclosed one', "Use: an unclosed one"),
        ("|\n  two\n  lines", "two\nlines"),
        ("Use: it\n  on two lines", "Use: it\non two lines"),
        ("@mentions and `ticks`", "@mentions and `ticks`"),
        ("issues such as #7", "issues such as #7"),
        ("404", "404"),
        ("yes", "yes"),
        (r"Use it.\n\n<example>\nuser: hi\n</example>", "Use it.\n\n<example>\nuser: hi\n</example>"),
        (r"in C:\new", r"in C:\new"),
    ],
)
def test_a_description_is_what_its_writer_meant(tmp_path: Path, written: str, meant: str) -> None:
    """Colons, quotes, examples and signs that are no YAML neither spoil it nor the fields around it."""
    agent = agent_of(tmp_path, f"name: a\ndescription: {written}\ntools: Read\n").agent
    assert (agent.name, agent.description, agent.tools) == ("a", meant, ("read_file",))


def test_lists_and_blocks_are_read_beside_what_is_no_yaml(tmp_path: Path) -> None:
    """Line by line: the other fields have their usual forms."""
    fields = "name: 'a'\ndescription: Use: it\ntools:\n  - Read\n  - 'Grep'\ntags: [x, \"y\"]\nrole: >-\n  A reader\n"
    agent = agent_of(tmp_path, fields).agent
    assert (agent.name, agent.tools, agent.tags) == ("a", ("read_file", "search_files"), ("x", "y"))
    assert agent.role == "A reader"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff---\nname: a\ndescription: d\n---\nYou.",
        "---\r\nname: a\r\ndescription: d\r\n---\r\n\r\nYou.\r\n",
        "\n\n--- \nname: a\ndescription: d\n---\t\nYou.",
        "---\nname: a\ndescription: d\n...\nYou.",
        "---\nname: a\ndescription: d\nprompt: You.\n---\n",
    ],
)
def test_editors_and_systems_make_no_difference(tmp_path: Path, text: str) -> None:
    """A byte order mark, line ends, white space, and the other end of a YAML document."""
    described = read(tmp_path, text)
    assert described is not None
    assert (described.agent.name, described.agent.prompt) == ("a", "You.")


def test_the_prompt_is_all_that_follows(tmp_path: Path) -> None:
    """With lines of its own that look like the end of front matter; none at all is a prompt not yet written."""
    body = "# You\n\n---\nname: no field\n---\n  end"
    assert agent_of(tmp_path, "name: a\ndescription: d\n", f"\n{body}\n\n").agent.prompt == body
    assert agent_of(tmp_path, "name: a\ndescription: d\n", "").agent.prompt == ""


def test_a_file_without_a_name_has_its_own(tmp_path: Path) -> None:
    """Some collections name the file only; a role that is given counts."""
    described = read(tmp_path, "---\ndescription: d\nrole: Tester\n---\nYou.", "C++ expert.md")
    assert described is not None
    assert (described.original, described.agent.name, described.agent.role) == ("C++ expert", "Cpp-expert", "Tester")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Read me\n\n---\nname: a\n---\n",
        "---\ntitle: A page\n---\nText",
        "---\n\nA line across the page.",
        "---\n---\n",
    ],
)
def test_other_files_describe_no_agent(tmp_path: Path, text: str) -> None:
    """They are no mistake."""
    assert read(tmp_path, text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nname: a\n---\nYou.", "some-agent.md:1: description: is missing; say what the agent is good for"),
        ("---\nname: a\ndescription:\n---\nYou.", "some-agent.md:3: description: is missing; say what the agent is"),
        (
            "---\nname: a\ndescription: d\n\nYou.",
            "some-agent.md:1: the front matter that begins here has no end; write",
        ),
        ("---\nname: a\ndescription: K\xf6chin\n".encode("latin-1"), "some-agent.md:3: is no UTF-8 (byte b'\\xf6')"),
        (
            f"---\nname: a\ndescription: d\n---\n\n{'x' * 50_001}",
            "some-agent.md:6: prompt: has 50001 characters, and may",
        ),
        (
            f"---\nname: a\ndescription: {'x' * 20_001}\n---\n",
            "some-agent.md:3: description: has 20001 characters, and",
        ),
        ("---\nname: a\ndescription: d\ndelegates: [b]\n---\n", "some-agent.md:4: delegates: is read from a library"),
        ("x" * (MAX_BYTES + 1), f"some-agent.md: has {MAX_BYTES + 1} bytes, and an agent's file {MAX_BYTES} at most"),
    ],
)
def test_what_cannot_be_understood_is_reported_with_its_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    """File, line and field, with the remedy."""
    assert problem(tmp_path, text).startswith(said)
