"""Ranking by words."""

from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.words import words
from tests.memory.retrieval.rows import documents


def test_words_keep_what_names_a_technology():
    """`C++`, `C#` and `node.js` stay whole, endings and empty words go."""
    assert words("The analysis of C++, C# and Node.js") == [*words("analyses"), "c++", "c#", "node.js"]


def test_inflections_meet():
    """Common inflections of a word are one word."""
    assert len({words(word)[0] for word in ("summarise", "summarises", "summarised", "summarising")}) == 1


async def test_the_rare_word_decides():
    """A document with the query's rare word ranks above one with its common words."""
    index = LexicalIndex()
    common = {f"d{n}": f"analyst: writes a monthly report about sales region {n}" for n in range(30)}
    await index.put("agents", "ann", documents({**common, "gis": "cartographer: draws maps"}))
    (found,) = await index.search("agents", "ann", ["write a report with maps"], 3)
    assert found[0].key == "gis"


async def test_the_same_text_scores_near_one_and_a_strange_one_is_not_found():
    """Scores are in [0, 1]: a document's own text near 1; without a common word there is no match."""
    index = LexicalIndex()
    texts = {"csv": "CSV analyst: analyses tables of figures", "poet": "Poet: writes sonnets"}
    await index.put("agents", "ann", documents(texts))
    same, strange = await index.search("agents", "ann", [texts["csv"], "quantum chromodynamics"])
    assert same[0].key == "csv"
    assert 0.9 < same[0].score <= 1
    assert strange == []
    assert same[0].score >= (await index.usual()).task.fits


async def test_replaced_and_removed_documents_leave_nothing_behind():
    """After a replacement only the new words find a key; after removal nothing does."""
    index = LexicalIndex()
    await index.put("agents", "ann", documents({"a": "gardener: prunes roses"}))
    await index.put("agents", "ann", documents({"a": "plumber: mends pipes"}))
    assert await index.search("agents", "ann", ["roses"]) == [[]]
    assert [match.key for match in (await index.search("agents", "ann", ["pipes"]))[0]] == ["a"]
    await index.remove("agents", "ann", ["a", "unknown"])
    assert await index.search("agents", "ann", ["pipes"]) == [[]]
    assert await index.keys("agents", "ann") == set()


async def test_one_among_ten_thousand_is_found():
    """Among 10,000 documents that differ in one word, each query finds its own."""
    index = LexicalIndex()
    await index.put(
        "agents",
        "ann",
        documents({f"d{n}": f"clerk {n}: keeps ledger {n} of branch {n % 97}" for n in range(10_000)}),
    )
    found = await index.search("agents", "ann", [f"ledger {n} clerk" for n in range(50)], 1)
    assert [matches[0].key for matches in found] == [f"d{n}" for n in range(50)]
