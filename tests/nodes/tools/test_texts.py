"""Sentences, statistics, summaries."""

from pathlib import Path

import pytest

from repertory.memory.errors import ToolError
from repertory.nodes.tools.sentences import split_sentences, split_words
from repertory.nodes.tools.texts import TextTools, choose_sentences
from repertory.nodes.tools.workspace import Workspace

ARTICLE = """# On rivers

Rivers carry water and silt from the mountains to the sea. The silt of rivers makes the fields fertile.
My aunt, Mrs. Brown, once owned a small boat. Rivers carry silt, and silt makes fields along rivers fertile.
"Will the rivers flood?" asked a farmer. Nobody answered.

- Floods of rivers bring silt to the fields
- Dams hold it back
"""


def test_split_sentences() -> None:
    """Ends are found behind quotes and in lists; abbreviations, decimals and initials end nothing; nothing is lost."""
    text = 'Dr. A. Smith paid 3.50, e.g. for tea. "Fine!" He left.\nNext line goes on.\n\n'
    text += "# Heading\n- item one\n2. item two"
    assert split_sentences(text) == [
        "Dr. A. Smith paid 3.50, e.g. for tea.",
        '"Fine!"',
        "He left.",
        "Next line goes on.",
        "Heading",
        "item one",
        "item two",
    ]
    assert split_sentences("你好。再见。") == ["你好。", "再见。"]
    assert split_sentences(" \n…\n") == []


def test_split_words() -> None:
    """Words keep their apostrophes and hyphens."""
    words = split_words("It's a well-known café, isn’t it? 3 _x_")
    assert words == [
        "It's",
        "a",
        "well-known",
        "café",
        "isn’t",
        "it",
        "3",
        "x",
    ]


def test_text_statistics(tmp_path: Path) -> None:
    """Counts are those one makes by hand."""
    (tmp_path / "a.txt").write_text("Tea is good. Tea is hot!\n\nCoffee?\n")
    result = TextTools(Workspace(tmp_path)).text_statistics("a.txt")
    assert {key: value for key, value in result.items() if key not in ("text", "frequent_words")} == {
        "lines": 3,
        "words": 7,
        "characters": 34,
        "sentences": 3,
        "paragraphs": 2,
        "distinct_words": 5,
        "words_per_sentence": 2.3,
    }
    assert result["frequent_words"][0] == {"word": "tea", "count": 2}
    assert result["text"].startswith("a.txt: 3 lines, 7 words (5 different), 34 characters, 3 sentences")


def test_statistics_of_an_empty_file(tmp_path: Path) -> None:
    """Nothing is counted as nothing."""
    (tmp_path / "a.txt").touch()
    result = TextTools(Workspace(tmp_path)).text_statistics("a.txt")
    assert (result["lines"], result["words"], result["words_per_sentence"], result["frequent_words"]) == (0, 0, 0.0, [])


def test_a_summary_is_made_of_the_most_telling_sentences(tmp_path: Path) -> None:
    """Sentences on the text's subject are chosen, digressions and headings not, in the order of the text."""
    (tmp_path / "a.md").write_text(ARTICLE)
    result = TextTools(Workspace(tmp_path)).summarize_text("a.md", 2)
    assert result["sentences"] == 9
    chosen = [sentence for sentence in split_sentences(ARTICLE) if sentence in result["summary"]]
    assert len(chosen) == 2
    assert all("ivers" in sentence and "silt" in sentence for sentence in chosen)
    assert result["text"] == f"a.md in 2 of its 9 sentences: {result['summary']}"


def test_a_summary_does_not_say_things_twice() -> None:
    """SumBasic squares the chance of words that were said, so that the second choice is about something else."""
    sentences = [
        "Silt makes fields fertile.",
        "Silt makes fields fertile.",
        "Dams hold water back.",
        "Dams need repair.",
    ]
    assert len({sentences[index] for index in choose_sentences(sentences, 2)}) == 2


def test_a_summary_of_little_or_nothing(tmp_path: Path) -> None:
    """A text shorter than asked comes whole; without a sentence there is an error that names the file."""
    tools = TextTools(Workspace(tmp_path))
    (tmp_path / "a.txt").write_text("Only this")
    (tmp_path / "b.txt").write_text("...\n")
    assert tools.summarize_text("a.txt")["summary"] == "Only this."
    with pytest.raises(ToolError, match=r"'b\.txt' has no sentences"):
        tools.summarize_text("b.txt")
