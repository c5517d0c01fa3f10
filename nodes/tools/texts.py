"""Statistics and extractive summary of a text file."""

from collections import Counter
from typing import Annotated, TypedDict

from pydantic import Field

from repertory.memory.errors import ToolError
from repertory.nodes.tools.files import decode
from repertory.nodes.tools.sentences import STOPWORDS, split_sentences, split_words
from repertory.nodes.tools.workspace import Workspace

_MAX_CONSIDERED = 5_000  # sentences; the choice costs sentences asked for times sentences considered
_MAX_SENTENCE = 500
_FEWEST_WORDS = 4


class WordCount(TypedDict):
    """A word and how often it occurs."""

    word: str
    count: int


class Statistics(TypedDict):
    """What `text_statistics` brings back."""

    lines: int
    words: int
    characters: int
    sentences: int
    paragraphs: int
    distinct_words: int
    words_per_sentence: float
    frequent_words: list[WordCount]
    text: str


class Summary(TypedDict):
    """What `summarize_text` brings back."""

    summary: str
    sentences: int
    """Sentences of the whole text."""
    text: str


class TextTools:
    """The text tools over one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def text_statistics(self, path: str) -> Statistics:
        """Count lines, words, characters, sentences and frequent words of a text file.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, or it is not text.
        """
        text = decode(self._workspace.read(path), path)
        words = split_words(text)
        sentences = len(split_sentences(text))
        lowered = [word.lower() for word in words]
        frequent = Counter(filter(_is_telling, lowered)).most_common(10)
        result = Statistics(
            lines=len(text.splitlines()),
            words=len(words),
            characters=len(text),
            sentences=sentences,
            paragraphs=sum(1 for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()),
            distinct_words=len(set(lowered)),
            words_per_sentence=round(len(words) / sentences, 1) if sentences else 0.0,
            frequent_words=[WordCount(word=word, count=count) for word, count in frequent],
            text="",
        )
        top = ", ".join(f"{word} ({count})" for word, count in frequent)
        result["text"] = (
            f"{path}: {result['lines']} lines, {result['words']} words ({result['distinct_words']} different), "
            f"{result['characters']} characters, {sentences} sentences ({result['words_per_sentence']} words each), "
            f"{result['paragraphs']} paragraphs." + (f" Most frequent: {top}." if top else "")
        )
        return result

    def summarize_text(self, path: str, sentences: Annotated[int, Field(ge=1, le=20)] = 3) -> Summary:
        """Summarize a text file by its own most telling sentences.

        The sentences are chosen by SumBasic (Nenkova and Vanderwende, "The impact of frequency on summarization",
        Microsoft Research, MSR-TR-2005-101, 2005) and given in the order of the text.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, it is not text, or has no sentence.
        """
        found = split_sentences(decode(self._workspace.read(path), path))
        if not found:
            raise ToolError(f"{path!r} has no sentences to summarize")
        # Headings and scraps hold frequent words and say nothing with them.
        whole = [sentence for sentence in found if len(split_words(sentence)) >= _FEWEST_WORDS] or found
        chosen = choose_sentences(whole[:_MAX_CONSIDERED], sentences)
        summary = " ".join(_ended(whole[index][:_MAX_SENTENCE]) for index in chosen)
        text = f"{path} in {len(chosen)} of its {len(found)} sentences: {summary}"
        return Summary(summary=summary, sentences=len(found), text=text)


def choose_sentences(sentences: list[str], count: int) -> list[int]:
    """Indexes, ascending, of the sentences that SumBasic picks.

    A sentence weighs the mean probability of its words; the heaviest that has the likeliest word is taken, then the
    probabilities of its words are squared, so that what has been said is not said again.
    """
    words = [list(filter(_is_telling, map(str.lower, split_words(sentence)))) for sentence in sentences]
    counts = Counter(word for sentence in words for word in sentence)
    total = counts.total()
    chance = {word: number / total for word, number in counts.items()}
    left = [index for index, sentence in enumerate(words) if sentence]
    chosen: list[int] = []
    while left and len(chosen) < count:
        likeliest = max((word for index in left for word in words[index]), key=lambda word: chance[word])
        having = [index for index in left if likeliest in words[index]]
        best = max(having, key=lambda index: sum(chance[word] for word in words[index]) / len(words[index]))
        chosen.append(best)
        left.remove(best)
        for word in set(words[best]):
            chance[word] **= 2
    return sorted(chosen) or list(range(min(count, len(sentences))))


def _is_telling(word: str) -> bool:
    return len(word) > 2 and not word.isdigit() and word not in STOPWORDS


def _ended(sentence: str) -> str:
    """With a full stop behind a heading, so that it does not run into the next sentence."""
    return sentence if sentence[-1] in ".!?…:;\"'”’)]。！？" else f"{sentence}."
