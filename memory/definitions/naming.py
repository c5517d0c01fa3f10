"""Names and roles for agents that come with names of another kind."""

import hashlib
import re
import unicodedata

_LONGEST = 64
_SIGNS = str.maketrans({"+": "p", "#": "-sharp", "&": "-and-", "'": "", "’": ""})
_SPELT = {
    word.lower(): word
    for word in re.findall(
        r"\S+",
        "AI API AWS CI CD CLI CSS CSV DB DevOps GCP GraphQL HTML HTTP IoT IP IT JSON LLM MCP ML NLP OS PDF PHP PR QA "
        "REST SDK SEO SQL SRE TDD UI URL UX XML YAML",
    )
}


def name_of(original: str) -> str:
    """A name that is as much like the original as a name here can be: ASCII letters, digits, `_` and `-`.

    The same for the same original, always; different originals may get the same.
    """
    plain = unicodedata.normalize("NFKD", original.translate(_SIGNS))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    words = re.sub(r"[^A-Za-z0-9_]+", "-", bare).strip("-_")
    if not words:
        return f"agent-{_digest(original)}"
    name = words if words[0].isalpha() else f"agent-{words}"
    return name if len(name) <= _LONGEST else apart(name, original)


def apart(name: str, by: str) -> str:
    """The name with a few letters that follow from `by`, so that it differs from the bare one."""
    return f"{name[: _LONGEST - 7].rstrip('-_')}-{_digest(by)}"


def role_of(original: str) -> str:
    """Who a name stands for, in words: `API designer` for `api-designer`; a name in words stays as it is.

    What a name is filed under (`plugin:`, `web/`, `server__`) says nothing about who it is.
    """
    if re.search(r"\s", original.strip()):
        return " ".join(original.split())
    own = next((part for part in reversed(re.split(r"[/:]|__", original)) if part), original)
    words = re.sub(r"(?<!\d)\.|\.(?!\d)|[-_]+", " ", own).split() or [original]
    spelt = [_SPELT.get(word.lower(), word) for word in words]
    return " ".join([spelt[0][:1].upper() + spelt[0][1:], *spelt[1:]])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:6]
