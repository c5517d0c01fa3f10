"""How a conversation looks."""

from itertools import chain

from repertory.apps.chat.screen import ChatScreen
from repertory.apps.chat.sheet import Sheet
from repertory.apps.runs.events import Noticed, Proposed, Started
from repertory.memory.proposals import Call, Decision, Proposal
from tests.apps.chat.told import (
    ANSWER,
    LADY,
    MAIN,
    STYLE,
    Terminal,
    called,
    delegates,
    outcome,
    persona,
    plain,
    says,
    screen,
    settled,
    shown,
    speaking,
    streamed,
    written,
)

ASKED = delegates(MAIN, ("answerer", "I am Joe. Who are you?"))
ANSWERED = "I am Sara Wilcox, a force to be reckoned with. Our paths have not crossed before."
EXCHANGE = [
    speaking(MAIN),
    ASKED,
    settled(ASKED, Decision(verdict="approve")),
    *streamed(ANSWER, ANSWERED, "m0/0.0"),
    settled(says(ANSWER, ANSWERED, "m0/0.0"), Decision(verdict="respond", text="shorter")),
    called(ANSWER, "recall", "nothing", about="Joe"),
]


def test_an_exchange_at_80_columns() -> None:
    """The tree with the first who speaks, then what each proposes, whole; decisions; calls; the next in one line."""
    assert shown(*EXCHANGE) == (
        "\n"
        "    ● lady\n"
        "    ├─ answerer\n"
        "    └─ stylist\n"
        "       └─ rhymer\n"
        "lady\n"
        '    answerer(message="I am Joe. Who are you?")\n'
        "approved  lady, by you\n"
        "lady/answerer  [m0/0.0]\n"
        "    I am Sara Wilcox, a force to be reckoned with. Our paths have not crossed\n"
        "    before.\n"
        "answered  lady/answerer, by you: shorter\n"
        '    answerer called recall(about="Joe"): nothing\n'
    )


def test_the_same_at_40_columns() -> None:
    """Nothing is wider; nothing is lost."""
    text = shown(*EXCHANGE, width=40)
    assert (
        "lady/answerer  [m0/0.0]\n"
        "    I am Sara Wilcox, a force to be\n"
        "    reckoned with. Our paths have not\n"
        "    crossed before.\n"
        "answered  lady/answerer, by you: shorter\n"
    ) in text
    assert max(map(len, text.splitlines())) <= 40


def test_the_same_in_a_pipe() -> None:
    """Line by line: no tree, no pieces, no control characters, nothing but ASCII of our own."""
    text = shown(*EXCHANGE, terminal=False)
    assert text == (
        "lady\n"
        '    answerer(message="I am Joe. Who are you?")\n'
        "approved  lady, by you\n"
        "lady/answerer  [m0/0.0]\n"
        "    I am Sara Wilcox, a force to be reckoned with. Our paths have not crossed\n"
        "    before.\n"
        "answered  lady/answerer, by you: shorter\n"
        '    answerer called recall(about="Joe"): nothing\n'
    )


def test_only_colours_are_lost_without_colours() -> None:
    """The cursor is never moved: of all escape sequences there are those for colours only."""
    at, file = screen()
    for event in EXCHANGE:
        at.show(event)
    assert "\x1b" not in plain(file)


def test_words_appear_while_they_are_written() -> None:
    """Before the proposal is complete."""
    at, file = screen()
    for event in (speaking(MAIN), *written(MAIN, "m0", "My utmost ", "desire? ")):
        at.show(event)
    assert plain(file).endswith("lady\n    My utmost desire?")


def test_siblings_who_write_at_once_are_not_mixed() -> None:
    """What the other wrote appears when the one is done, and then what happened since."""
    asked = delegates(MAIN, ("answerer", "one"), ("answerer", "two"))
    one, two = streamed(ANSWER, "the first", "m0/0.0"), streamed(ANSWER, "the third", "m0/0.1")
    after = settled(says(ANSWER, "the third", "m0/0.1"), Decision(verdict="reject", text="no"))
    mixed = [*chain(*zip(two[:-1], one[:-1], strict=True)), one[-1], two[-1], after]
    text = shown(asked, *mixed)
    assert text.count("● answerer") == 1  # one persona, twice at work
    end = text[text.index("lady/answerer") :]
    assert end == (
        "lady/answerer  [m0/0.1]\n"
        "    the third\n"
        "lady/answerer  [m0/0.0]\n"
        "    the first\n"
        "rejected  lady/answerer, by you: no\n"
    )


def test_what_was_written_and_is_not_proposed_is_said_so() -> None:
    """A model that has to begin again may write something else."""
    text = shown(speaking(MAIN), *written(MAIN, "m0", "Well, no "), says(MAIN, "Aye."))
    assert text.endswith("lady\n    Well, no\n    that was not it; proposed is:\n    Aye.\n")
    again = shown(speaking(MAIN), *written(MAIN, "m0", "Well "), *streamed(MAIN, "Aye."))
    assert again.endswith("    Well\nlady\n    Aye.\n")


def test_a_speaker_who_never_proposes_holds_nothing_back() -> None:
    """Its work broke off; what happened elsewhere appears."""
    text = shown(speaking(ANSWER, "m0/0.0"), *written(ANSWER, "m0/0.0", "I "), *streamed(STYLE, "Nay.", "m0/0.1"))
    assert text.endswith("lady/stylist  [m0/0.1]\n    Nay.\n")
    gave_up = [speaking(ANSWER, "m0/0.0"), *written(ANSWER, "m0/0.0", "I "), speaking(MAIN)]
    at, file = screen()
    for event in gave_up:
        at.show(event)
    assert plain(file).endswith("\nlady\n")  # its coordinator goes on


def test_a_question_is_whole_and_says_who_asks_and_what_it_was_told() -> None:
    """Unless it stands right above; an objection to the last answer comes last."""
    at, file = screen()
    asked = delegates(MAIN, ("answerer", "Who are you?"), ("answerer", "What do you want?"))
    first, second = says(ANSWER, "A lady.", "m0/0.0"), says(ANSWER, "A crown.", "m0/0.1")
    for event in (asked, first, second):
        at.show(event)
    before = len(file.getvalue())
    at.asked(second.proposal, None)
    assert len(file.getvalue()) == before
    at.asked(first.proposal, "it has no words")
    assert plain(file).endswith(
        "lady/answerer  [m0/0.0]\n    was told: Who are you?\n    A lady.\n    Not accepted: it has no words\n"
    )


def test_what_a_call_would_change_is_shown_with_it() -> None:
    """The difference that its tool foresees."""
    call = Call(id="0.0", name="replace_in_file", arguments={"path": "a.py"})
    content = {"previews": {"0.0": "-old\n+new"}}
    proposal = Proposal(id="run/m0#0", path=MAIN, kind="tool", calls=(call,), content=content)
    text = shown(Proposed(proposal=proposal))
    assert text == 'lady\n    replace_in_file(path="a.py")\n      -old\n      +new\n'


def test_of_several_edits_the_differences_are_enough() -> None:
    """Their old and new texts stand in full only where all is asked for."""
    texts = {"old": "old " * 30 + "\nend", "new": "new " * 30 + "\nend"}
    calls = tuple(Call(id=f"0.{n}", name="edit_file", arguments={"path": "a.py", **texts}) for n in range(2))
    content = {"previews": {"0.0": "-one\n+two", "0.1": "-three\n+four"}}
    proposal = Proposal(id="run/m0#0", path=MAIN, kind="tool", calls=calls, content=content)
    text = shown(Proposed(proposal=proposal))
    assert "old old old" in text
    assert len(text.splitlines()) < 13
    assert "+four" in text
    at, file = screen()
    at.whole(proposal, full=True)
    assert plain(file).count("end") == 4


def test_each_message_begins_with_the_tree() -> None:
    """Once; after that a line names who speaks."""
    at, file = screen()
    for _ in range(2):
        at.begin_message()
        for event in (*streamed(MAIN, "Aye."), *streamed(ANSWER, "Nay.", "m0/0.0")):
            at.show(event)
        at.rest()
    text = plain(file)
    assert text.count("● lady") == 2
    assert "● answerer" not in text


def test_what_the_policy_lets_pass_is_not_told() -> None:
    """What it refuses is."""
    said = says(MAIN, "Aye.")
    assert shown(settled(said, Decision(verdict="approve", by="policy"))) == ""
    refused = Decision(verdict="approve", by="policy", refused={"0.1": "denied"})
    assert shown(settled(said, refused)) == "approved  lady, by the policy, but not 0.1\n"


def test_the_reply_is_not_said_twice() -> None:
    """It stands above as the proposal; one that does not, such as a replayed one, is shown."""
    at, file = screen(agent=persona("lady"))
    at.show(says(MAIN, "Aye."))
    at.reply(outcome("Aye."))
    assert plain(file) == "lady\n    Aye.\n"
    at.reply(outcome("Nay."))
    assert plain(file) == "lady\n    Aye.\nlady\n    Nay.\n"
    at.reply(outcome(status="failed", error="the model is silent"))
    assert plain(file).endswith("status    failed: the model is silent\n")


def test_it_is_introduced_with_its_tree() -> None:
    """Policy, personas, name; a notice once, however often the work is taken up."""
    at, file = screen(terminal=False)
    at.introduce("interactive")
    at.named("t")
    for _ in range(2):
        at.show(Started(thread_id="t", task="hi", workspace="/", resumed=False, notices=("no real model",)))
    at.show(Noticed(text="late"))
    assert plain(file) == (
        "policy    interactive\n"
        "personas  lady\n"
        "          |- answerer\n"
        "          `- stylist\n"
        "             `- rhymer\n"
        "chat      t\n"
        "no real model\n"
        "notice    late\n"
    )


def test_what_personas_write_cannot_act_on_the_terminal() -> None:
    """In pieces, in calls, in words of decisions, and where it is shown again."""
    evil = "\x1b[2J\u202e"
    at, file = screen()
    for event in (
        *streamed(MAIN, f"a {evil} b", size=1),
        delegates(MAIN, ("answerer", f"{evil}\n{evil}")),
        settled(says(MAIN, evil), Decision(verdict="respond", text=evil)),
        called(MAIN, "recall", evil, about=evil),
    ):
        at.show(event)
    at.asked(says(MAIN, evil).proposal, evil)
    assert "\x1b" not in plain(file)
    assert "\u202e" not in plain(file)


def test_a_terminal_without_lines_gets_plain_signs() -> None:
    """As its character set says."""

    class Latin(Terminal):
        encoding = "latin-1"

    file = Latin()
    at = ChatScreen(Sheet(file, 80), LADY)
    at.show(speaking(STYLE, "m0/0.0"))
    assert "`- * stylist" in plain(file)
