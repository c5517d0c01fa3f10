"""Trees of personas."""

from repertory.apps.chat.tree import LINES, PLAIN, numbered, tree
from tests.apps.chat.told import LADY, STYLE, persona

COURT = persona("court", *(persona(f"lord{n}", *(persona(f"page{m}") for m in range(3))) for n in range(10)))


def test_those_who_speak_are_marked() -> None:
    """In lines where the terminal has them, with plain signs elsewhere."""
    assert tree(LADY, LINES, [STYLE]) == ["lady", "├─ answerer", "└─ ● stylist", "   └─ rhymer"]
    assert tree(LADY, PLAIN, [("lady",), STYLE]) == ["* lady", "|- answerer", "`- * stylist", "   `- rhymer"]


def test_a_large_tree_shows_the_branch_that_leads_to_the_speaker() -> None:
    """What is folded is counted."""
    assert tree(COURT, LINES, [("court", "lord8", "page1")]) == [
        "court",
        "├─ lord0 (+3)",
        "├─ lord1 (+3)",
        "├─ lord2 (+3)",
        "├─ lord3 (+3)",
        "├─ lord4 (+3)",
        "├─ lord8",
        "│  ├─ page0",
        "│  ├─ ● page1",
        "│  └─ page2",
        "└─ … 4 more",
    ]
    assert tree(COURT, LINES) == ["court (+40)"]


def test_all_are_numbered_with_their_roles_where_there_is_room() -> None:
    """The order is that of the tree."""
    assert numbered(LADY, 40) == [
        "  1  lady  a lady of great ambition",
        "  2    answerer  answers in character",
        "  3    stylist  rewrites in her style",
        "  4      rhymer  finds rhymes",
    ]
    assert numbered(LADY, 24)[0] == "  1  lady  a lady of g…"
    assert numbered(LADY, 24)[1] == "  2    answerer"
