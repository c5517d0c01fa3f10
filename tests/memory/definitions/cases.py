"""Files that define agents: good ones, and each mistake with the place where it is reported."""

from typing import Literal, NamedTuple

HEAD = "name: lady\nrole: Lady\ndescription: a lady\n"

GOOD = {
    "the least": HEAD,
    "a model by name": HEAD + "model: openai:gpt-5.1\n",
    "a model with temperature": HEAD + "model: {name: openai:gpt-5.1, temperature: 0.7}\n",
    "a temperature alone, whole": HEAD + "model: {temperature: 1}\n",
    "lists": HEAD + "tools: [read_file, tell]\ntags: [a, b c]\n",
    "memory": HEAD + "memory: thread\n",
    "a function of a package": HEAD + "orchestration: package.module:line\n",
    "a function beside it": HEAD + "orchestration: ./dialogue.py:line\n",
    "a registered function": HEAD + "orchestration: line\n",
    "delegates in place": HEAD + "delegates:\n  - name: a\n    role: A\n    description: is a\n    delegates: []\n",
    "delegates by name": HEAD + "delegates: [a]\nagents:\n  a: {role: A, description: is a}\n",
    "delegates by file": HEAD + "delegates: [./stylist.yaml]\n",
    "an alias": HEAD
    + "model: &fast {temperature: 0.5}\ndelegates:\n  - {name: a, role: A, description: is a, model: *fast}\n",
    "a block": HEAD + "prompt: |\n  You are the lady.\n  Speak.\n",
}
"""By what is in them; `dialogue.py` and `stylist.yaml` are beside them."""


class Bad(NamedTuple):
    """A mistake."""

    text: str
    line: int | None
    field: str
    words: str
    """Part of the message."""
    seen: Literal["yaml", "schema", "loading"] = "schema"
    """Who sees it first: whoever reads YAML, the schema for editors, or only who follows the names."""


def below(lines: str) -> str:
    """A delegate with more fields."""
    return HEAD + "delegates:\n  - name: a\n    role: A\n    description: is a\n" + lines


BAD = {
    "no text at all": Bad("", 1, "", "the file is empty", seen="yaml"),
    "only a comment": Bad("# later\n", 1, "", "the file is empty", seen="yaml"),
    "a list": Bad("- a\n", 1, "", "must hold fields such as `name: …`"),
    "a word": Bad("\nlady\n", 2, "", "(got 'lady')"),
    "a control character": Bad(HEAD + "prompt: a\x07b\n", 4, "", "the character '\\x07' is not allowed", seen="yaml"),
    # what is no YAML
    "a colon in a text": Bad(
        HEAD.replace("a lady", "a lady: tall"),
        3,
        "",
        "put the text in quotes, as in `description: 'a lady: tall'`",
        seen="yaml",
    ),
    "a colon in a long text": Bad(
        HEAD + f"prompt: {'x' * 70}: y\n", 4, "", "put the text in quotes; fields go on lines of their own", seen="yaml"
    ),
    "a field indented without reason": Bad(
        "name: lady\n  role: Lady\n",
        2,
        "",
        "deeper than line 1, which has a value already; begin it under 'name', by 0 spaces",
        seen="yaml",
    ),
    "a field too far in": Bad(
        HEAD + "delegates:\n  - name: a\n     role: A\n",
        6,
        "",
        "deeper than line 5, which has a value already; begin it under 'name', by 4 spaces",
        seen="yaml",
    ),
    "a field not far enough in": Bad(
        HEAD + "delegates:\n  - name: a\n   role: A\n",
        6,
        "",
        "the line is indented by 3 spaces, unlike those above",
        seen="yaml",
    ),
    "a value of a list not far enough in": Bad(
        HEAD + "tools:\n  - a\n - b\n", 6, "", "the line is indented by 1 space, unlike those above", seen="yaml"
    ),
    "a first field too far in": Bad(
        "  " + HEAD, 2, "", "the line is indented by 0 spaces, unlike those above", seen="yaml"
    ),
    "a block that ends too far in": Bad(
        HEAD + "prompt: |\n    a\n  b\nmemory: thread\n",
        6,
        "",
        "indent it like the lines that it belongs to",
        seen="yaml",
    ),
    "a field among values": Bad(
        "- a\nb: c\n", 2, "", "lines that begin with `- ` and lines such as `name: …` are mixed", seen="yaml"
    ),
    "a list behind its field": Bad(
        HEAD + "tools: - a\n", 4, "", "a list begins on the line below its field", seen="yaml"
    ),
    "a tab": Bad(HEAD + "model:\n\tname: x\n", 5, "", "indent with spaces, no tabs", seen="yaml"),
    "an open bracket": Bad(
        HEAD + "tools: [a\nmodel: x\n",
        5,
        "",
        "the bracket `[` opened at line 4 is not closed; close it with `]`",
        seen="yaml",
    ),
    "an open bracket at the end": Bad(
        HEAD + "model: {name: x\n",
        5,
        "",
        "the bracket `{` opened at line 4 is not closed; close it with `}`",
        seen="yaml",
    ),
    "an open bracket after a comma": Bad(HEAD + "tools: [a,\n", 5, "", "a bracket is not closed before", seen="yaml"),
    "a comment in brackets": Bad(
        HEAD + "tags: [a #1, b]\nmemory: none\n",
        5,
        "",
        "what follows ` #` is a comment: put text with # in quotes",
        seen="yaml",
    ),
    "a comma too few": Bad(HEAD + "tags: ['a' 'b']\n", 4, "", "a comma or `]` is missing here", seen="yaml"),
    "a comma too many": Bad(HEAD + "tags: [a,, b]\n", 4, "", "there is no value before `,`", seen="yaml"),
    "an open quote": Bad(
        HEAD + 'prompt: "abc\nmemory: thread\n',
        4,
        "",
        'the quote opened at line 4 is not closed; close it with "',
        seen="yaml",
    ),
    "an open quote before another": Bad(
        HEAD + "prompt: 'abc\nmemory: 'none'\n",
        5,
        "",
        "text goes on after a quote opened at line 4 is closed",
        seen="yaml",
    ),
    "a quote in quotes": Bad(
        HEAD + "prompt: 'it's\n", 4, "", "text goes on after a quote is closed; put the whole in quotes", seen="yaml"
    ),
    "a backslash": Bad(HEAD + 'prompt: "C:\\d"\n', 4, "", "`\\d` means nothing between double quotes", seen="yaml"),
    "no colon": Bad(HEAD + "memory thread\ntools: [a]\n", 4, "", "the line is no field such as `name: …`", seen="yaml"),
    "no colon at the top": Bad("name lady\nrole: Lady\n", 2, "", "line 1 is no field; write `name: …`", seen="yaml"),
    "no space after a colon": Bad(
        HEAD + "memory:thread\ntools: [a]\n", 4, "", "there is no space after the colon; write `memory: …`", seen="yaml"
    ),
    "a sign at the start": Bad(
        HEAD + "prompt: @me\n", 4, "", "no value begins with '@'; put text that begins with it in quotes", seen="yaml"
    ),
    "a star at the start": Bad(
        HEAD + "prompt: **bold**\n", 4, "", "a value cannot begin with `*` like this", seen="yaml"
    ),
    "a placeholder at the start": Bad(
        HEAD + "prompt: {{ x }} y\n",
        4,
        "",
        "text goes on after `}`; put text that begins with a bracket in quotes",
        seen="yaml",
    ),
    "text behind a block's sign": Bad(
        HEAD + "prompt: | hello\n  a\n", 4, "", "a text after `|` or `>` begins on the next line", seen="yaml"
    ),
    "a mark twice in a value": Bad(
        HEAD + "model: &a &b x\n",
        4,
        "",
        "indent each line like those above, and put text with `: ` or ` #` in quotes",
        seen="yaml",
    ),
    "two documents": Bad(HEAD + "---\n" + HEAD, 4, "", "`---` begins a second document; take it out", seen="yaml"),
    "no such alias": Bad(
        HEAD + "model: *fast\n", 4, "", "there is none above; put text that begins with it in quotes", seen="yaml"
    ),
    "a key twice": Bad(HEAD + "role: Other\n", 4, "role", "is there already, at line 2", seen="yaml"),
    "a key twice, further down": Bad(below("    role: B\n"), 8, "delegates.0.role", "at line 6", seen="yaml"),
    "a key that is a number": Bad(HEAD + "7: x\n", 4, "", "a key must be a word (got 7)"),
    "a key that is a list": Bad(HEAD + "? [a]\n: x\n", 4, "", "a key must be a word", seen="yaml"),
    "a merge": Bad(
        HEAD + "model: &m {temperature: 1}\nagents: {a: {<<: *m}}\n", 5, "agents.a", "`<<` is not read", seen="yaml"
    ),
    "a tag": Bad(
        HEAD + "prompt: !!python/name:os.system x\n",
        4,
        "prompt",
        "the tag '!!python/name:os.system' is not read",
        seen="yaml",
    ),
    "a tag on a mapping": Bad(HEAD + "model: !!python/object:os.x {a: 1}\n", 4, "model", "is not read", seen="yaml"),
    "a date that is none": Bad(HEAD + "role2: 2024-99-99\n", 4, "role2", "put it in quotes", seen="yaml"),
    "an alias in itself": Bad(HEAD + "delegates: &d [*d]\n", 4, "delegates.0", "no circles", seen="yaml"),
    "aliases of aliases": Bad(
        HEAD + "tags: &a0 [x, x]\n" + "".join(f"t{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
        None,
        "t",
        "more than 50000 values",
        seen="yaml",
    ),
    "nesting without end": Bad("[" * 5000, None, "", "nested too deeply", seen="yaml"),
    "no name": Bad("role: Lady\ndescription: d\n", 1, "name", "is missing; add `name: …`"),
    "no role below": Bad(HEAD + "delegates:\n  - name: a\n    description: d\n", 5, "delegates.0.role", "is missing"),
    "an unknown field": Bad(HEAD + "tool: [a]\n", 4, "tool", "unknown field 'tool'; did you mean 'tools'?"),
    "an unknown field below": Bad(below("    promt: x\n"), 8, "delegates.0.promt", "did you mean 'prompt'?"),
    "an unknown field of a model": Bad(
        HEAD + "model:\n  temprature: 1\n", 5, "model.temprature", "did you mean 'temperature'?"
    ),
    "a field of another kind": Bad(HEAD + "zzz: 1\n", 4, "zzz", "there is agents, delegates, description"),
    "a field of the registry": Bad(HEAD + "version: 3\n", 4, "version", "is kept by the registry"),
    "agents below": Bad(below("    agents: {}\n"), 8, "delegates.0.agents", "belongs at the top of the file"),
    "a name under agents": Bad(
        HEAD + "agents:\n  a:\n    name: b\n    role: A\n    description: d\n",
        6,
        "agents.a.name",
        "the agent's name is its key, 'a'",
    ),
    "a name with a space": Bad(HEAD.replace("lady", "my lady", 1), 1, "name", "a name is a letter, then"),
    "a name that is a number": Bad(HEAD.replace("lady", "7", 1), 1, "name", "must be text; put it in quotes (got 7)"),
    "a name that is a boolean": Bad(HEAD.replace("lady", "no", 1), 1, "name", "put it in quotes (got False)"),
    "a key that is no name": Bad(
        HEAD + "agents:\n  a b: {role: A, description: d}\n", 5, "agents.a b", "a name is a letter, then"
    ),
    "an empty role": Bad(HEAD.replace("Lady", "'  '", 1), 2, "role", "is empty; write at least a word"),
    "nothing after a key": Bad(
        HEAD + "tags:\n", 4, "tags", "is empty; give a value (one that begins with # in quotes)"
    ),
    "a role too long": Bad(HEAD.replace("Lady", "x" * 20_001), 2, "role", "at most 20000 characters"),
    "a prompt too long": Bad(HEAD + f"prompt: {'x' * 50_001}\n", 4, "prompt", "at most 50000 characters"),
    "a prompt that is a list": Bad(HEAD + "prompt: [a]\n", 4, "prompt", "must be text"),
    "tools that are no list": Bad(HEAD + "tools: read_file\n", 4, "tools", "must be a list"),
    "a tool that is a number": Bad(HEAD + "tools:\n  - a\n  - 7\n", 6, "tools.1", "must be text"),
    "a tool with a space": Bad(below("    tools: [read file]\n"), 8, "delegates.0.tools.0", "(got 'read file')"),
    "a tool twice": Bad(HEAD + "tools: [a, b, a]\n", 4, "tools", "names 'a' twice"),
    "a model that is a number": Bad(HEAD + "model: 4\n", 4, "model", "must be a name such as openai:gpt-5.1"),
    "a temperature in words": Bad(HEAD + "model: {temperature: hot}\n", 4, "model.temperature", "must be a number"),
    "a temperature in quotes": Bad(HEAD + "model: {temperature: '1'}\n", 4, "model.temperature", "must be a number"),
    "a temperature that is a boolean": Bad(HEAD + "model: {temperature: yes}\n", 4, "model.temperature", "(got True)"),
    "too hot": Bad(HEAD + "model: {temperature: 3}\n", 4, "model.temperature", "less than or equal to 2 (got 3)"),
    "another memory": Bad(HEAD + "memory: long\n", 4, "memory", "must be 'none' or 'thread' (got 'long')"),
    "a function without a name": Bad(HEAD + "orchestration: ./dialogue.py\n", 4, "orchestration", "./file.py:function"),
    "a delegate that is a number": Bad(HEAD + "delegates: [a, 5]\n", 4, "delegates.1", "must be an agent"),
    "a delegate of another kind": Bad(
        HEAD + "delegates: [./a.json]\n", 4, "delegates.0", "write a name under `agents`"
    ),
    "delegates by key": Bad(HEAD + "delegates:\n  a: {role: A}\n", 4, "delegates", "must be a list"),
    "agents in a list": Bad(HEAD + "agents:\n  - a\n", 4, "agents", "must hold agents by name"),
    "an agent that is a word": Bad(HEAD + "agents:\n  a: x\n", 5, "agents.a", "must be an agent"),
    # what no schema sees: whether what is named is there
    "nobody of that name": Bad(
        HEAD + "delegates:\n  - stilist\nagents:\n  stylist: {role: S, description: s}\n",
        5,
        "delegates.0",
        "there is no 'stilist' under `agents`; did you mean 'stylist'?",
        seen="loading",
    ),
    "no agents at all": Bad(HEAD + "delegates: [a]\n", 4, "delegates.0", "there is none", seen="loading"),
    "itself": Bad(
        HEAD + "delegates: [a]\nagents:\n  a:\n    role: A\n    description: d\n    delegates: [a]\n",
        9,
        "agents.a.delegates.0",
        "in a circle: a -> a",
        seen="loading",
    ),
    "a circle": Bad(
        HEAD
        + "agents:\n  a: {role: A, description: d, delegates: [b]}\n  b: {role: B, description: d, delegates: [a]}\n",
        6,
        "agents.b.delegates.0",
        "in a circle: a -> b -> a",
        seen="loading",
    ),
    "two of a name": Bad(
        HEAD + "delegates: [a, a]\nagents:\n  a: {role: A, description: d}\n",
        4,
        "delegates",
        "two delegates named 'a'",
        seen="loading",
    ),
    "a reserved name": Bad(
        HEAD + "delegates: [propose]\nagents:\n  propose: {role: A, description: d}\n",
        4,
        "delegates",
        "'propose'",
        seen="loading",
    ),
    "a tool and a delegate of a name": Bad(
        below("").replace("role: Lady", "role: Lady\ntools: [a]"),
        5,
        "delegates",
        "a delegate and a tool",
        seen="loading",
    ),
    "no such file": Bad(HEAD + "delegates: [./gone.yaml]\n", 4, "delegates.0", "there is no file", seen="loading"),
    "the file itself": Bad(
        HEAD + "delegates: [./lady.yaml]\n", 4, "delegates.0", "lady.yaml -> lady.yaml", seen="loading"
    ),
    "no file with that function": Bad(
        below("    orchestration: ./gone.py:line\n"), 8, "delegates.0.orchestration", "'./gone.py:line'", seen="loading"
    ),
    "too many": Bad(
        HEAD
        + "delegates: [a0, b0]\nagents:\n"
        + "".join(
            f"  {x}{n}: {{role: A, description: d, delegates: [a{n + 1}, b{n + 1}]}}\n" for n in range(12) for x in "ab"
        )
        + "  a12: {role: A, description: d}\n  b12: {role: A, description: d}\n",
        None,
        "agents.",
        "the most is 1000 on 32 levels",
        seen="loading",
    ),
    "too deep": Bad(
        HEAD
        + "delegates: [a0]\nagents:\n"
        + "".join(f"  a{n}: {{role: A, description: d, delegates: [a{n + 1}]}}\n" for n in range(40))
        + "  a40: {role: A, description: d}\n",
        None,
        "agents.",
        "has 33 agents on 33 levels",
        seen="loading",
    ),
}
"""By what is wrong; `line` None: not compared, `field` then is how it begins."""
