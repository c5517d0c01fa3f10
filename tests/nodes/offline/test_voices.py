"""Learning a voice from sample lines, and saying plain text in it. The speakers here are in no example."""

import pytest

from repertory.nodes.offline.restyling import restyle, reword
from repertory.nodes.offline.voices import Voice, learn

BARD = [
    "Hark, thou speakest of shadows, and 'tis late.",
    "Thy lamp hath gone out. So be it.",
    "Hark, mayhap the night is kinder than thou art. So be it.",
]
CLERK = [
    "Kindly note that the form is not signed, that the stamp is missing, and that the counter closes in ten minutes.",
    "Kindly note that I do not make the rules; I merely apply them, as it is my duty to do, to everybody alike.",
]
CROWD = ["Hey, we're winnin'! Come on!", "Hey, don't stop singin'! Come on!", "We're goin' all the way, mate!"]
PLAIN = "You are late. I do not know what is going on, and perhaps it is nothing."


def test_forms_of_address_and_verbs_come_as_a_family() -> None:
    """A voice that says `thou` once says `thou art` and `thy` as well, though it never did in the samples."""
    assert reword("You have your lamp. You are kind.", learn(BARD)) == "Thou hast thy lamp. Thou art kind."
    assert reword("It has gone, perhaps.", learn(BARD)) == "It hath gone, mayhap."


def test_short_forms_are_made_or_undone_as_the_samples_have_them() -> None:
    """One voice says `don't` and `I'm`, the other writes both out."""
    assert reword("I am not sure that it is, so do not ask.", learn(CROWD)).count("'") == 3
    assert reword("I'm sure that it's so, don't ask.", learn(CLERK)) == "I am sure that it is so, do not ask."


@pytest.mark.parametrize(
    ("text", "said"),
    [("I am going to bring a ring.", "I'm goin' to bring a ring."), ("Anything? Nothing.", "Anythin'? Nothin'.")],
)
def test_only_an_ending_loses_its_g(text: str, said: str) -> None:
    """`goin'`, but never `brin'`."""
    assert reword(text, learn(CROWD)) == said


def test_an_opening_a_tag_or_a_saying_is_learned_when_it_comes_twice() -> None:
    """What was said once is no habit."""
    assert learn(BARD).openings == ("Hark,",)
    assert learn(BARD).sayings == ("So be it",)
    once = learn(BARD[:1])
    assert (once.openings, once.tags, once.sayings) == ((), (), ())


def test_rhythm_and_exclamation_follow_the_samples() -> None:
    """A brief voice cuts at the conjunction, a long-winded one joins; one shouts as often as in its samples."""
    brief, long = restyle(PLAIN, learn(CROWD)), restyle(PLAIN, learn(CLERK))
    assert brief.count("!") >= 2
    assert "!" not in long
    marks = (".", "!", "?")
    assert sum(map(brief.count, marks)) >= 3
    assert sum(map(long.count, marks)) == 1


def test_without_samples_the_words_stay_as_they_are() -> None:
    """Nothing is put into a voice that nobody has heard."""
    assert learn([]) == Voice()
    assert restyle(PLAIN, learn([])) == PLAIN


def test_a_rendering_is_the_same_each_time_and_another_when_asked_for_again() -> None:
    """Choices among openings depend on the text and on how often it was asked for, on nothing else."""
    voice = Voice(openings=("Well,", "Look,"), sentence=12.0)
    first = restyle("Let them come.", voice)
    assert first == restyle("Let them come.", voice)
    assert {first, restyle("Let them come.", voice, nth=1)} == {"Well, let them come.", "Look, let them come."}


def test_names_keep_their_capitals_behind_an_opening() -> None:
    """The first word of a line is made small only where it is no name."""
    voice = Voice(openings=("Well,",))
    assert restyle("Joe is here.", voice, names=frozenset(["Joe"])) == "Well, Joe is here."
    assert restyle("I am here.", voice) == "Well, I am here."
    assert restyle("Here it is.", voice) == "Well, here it is."


def test_a_no_does_not_open_what_agrees() -> None:
    """`Nay,` begins a line that denies something, `Aye,` one that does not."""
    voice = Voice(openings=("Aye,", "Nay,"))
    for nth in range(4):
        assert restyle("The tide is high.", voice, nth=nth).startswith("Aye,")
        assert restyle("It is not high.", voice, nth=nth).startswith("Nay,")


def test_a_mark_within_a_word_ends_no_sentence() -> None:
    """Names of files and figures stay as they are."""
    assert reword("The file notes.md has 3.5 pages.", learn(BARD)) == "The file notes.md hath 3.5 pages."
    assert "notes.md hath 3.5 pages. Read it." in restyle("notes.md has 3.5 pages. Read it.", learn(BARD))
