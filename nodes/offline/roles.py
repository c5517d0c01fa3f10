"""Who does each kind of work, and how it is done well: what plans and prompts say about it."""

from dataclasses import dataclass

from repertory.nodes.offline.verbs import Kind


@dataclass(frozen=True)
class Work:
    """Who does a kind of work, and how it is done well; what prompts and plans say about it."""

    role: str
    about: str
    expected: str
    how: str
    done: str = ""
    """When it is done; not said in every first draft."""


WORK: dict[Kind, Work] = {
    "summarize": Work(
        "Summarizer", "condenses texts and findings to their main points and keeps the figures",
        "the main points in a few sentences, with the figures",
        "Say what matters most first and keep every figure and name exact.",
        "You are done when someone who has not seen the sources knows their main points.",
    ),
    "compare": Work(
        "Comparison analyst", "compares figures and findings of several sources and says what differs and by how much",
        "what the sources have in common and where they differ, with figures",
        "Set the same measure of each source side by side, then say which difference matters most.",
    ),
    "describe": Work(
        "Describer", "describes what data or texts contain, with their main figures",
        "what it contains, with the main figures", "Say what it is, how large it is and what stands out.",
    ),
    "explain": Work(
        "Explainer", "explains what findings mean and why things are as they are",
        "the explanation, with what supports it", "Give the reason first, then what supports it.",
        "You are done when each claim has its support beside it.",
    ),
    "recommend": Work(
        "Advisor", "weighs findings and recommends what to do, with reasons",
        "one clear recommendation with its reasons",
        "Open with one recommendation, then give the findings and figures that speak for it, then what speaks against.",
        "You are done when there is one recommendation and each of its reasons names a finding.",
    ),
    "rank": Work(
        "Ranker", "puts items in order by the figures or findings known of them",
        "a numbered list, best first, with the figure or reason of each",
        "Name the measure you order by, then number the items.",
    ),
    "analyze": Work(
        "Analyst", "analyses tables, texts and findings and says what they show",
        "what the material shows, with figures", "Report totals, extremes and what is unusual before any judgement.",
    ),
    "review": Work(
        "Reviewer", "checks texts and results for gaps, errors and open points",
        "a list of what is missing, wrong or unclear, or a statement that nothing is",
        "Go through the material once from top to bottom and list each weak point with its place.",
        "You are done when every part of the material has been checked.",
    ),
    "extract": Work(
        "Extractor", "finds and lists particular things in texts and data: questions, decisions, actions, names, dates",
        "a list of what was found, each with its source", "List every item once, in its own words, with its source.",
        "You are done when all sources have been looked through.",
    ),
    "write": Work(
        "Writer", "writes clear texts such as reports, letters and notes from given findings",
        "the finished text, ready to be used", "Begin with the point, then the facts; use headings where it is long.",
    ),
    "combine": Work(
        "Editor", "brings the findings of several sources together into one result",
        "one result that holds the findings of all sources", "Keep what each source adds; say a thing once.",
    ),
    "translate": Work(
        "Translator", "translates texts and keeps their meaning and tone",
        "the translated text", "Translate sentence by sentence and leave names and figures as they are.",
    ),
    "plan": Work(
        "Organizer", "turns goals and findings into ordered actions",
        "ordered actions, each with its reason", "List the actions in the order in which they have to happen.",
    ),
    "code": Work(
        "Coder", "changes code as it is told to, and runs its tests where that is asked for",
        "what was changed, as a diff, and what the tests say where they were to run",
        "Find every place first, change only what is asked for, and read each file before you edit it.",
        "You are done when every place is changed and nothing else is.",
    ),
    "search": Work(
        "Searcher", "looks through files for what is wanted and reports where it stands",
        "where it was found, with the passages", "Report each place with its passage.",
        "You are done when all places have been looked at.",
    ),
    "answer": Work(
        "Researcher", "answers questions from files, tables and other sources",
        "the answer, with where it was found", "Answer first, then say where the answer was found.",
    ),
}  # fmt: skip
_GENERAL = Work(
    "Generalist", "carries out tasks of many kinds with the tools at hand", "the result asked for, with its facts",
    "Work through what is asked in order.",
)  # fmt: skip


_TABLE_WORK = Work(
    "Data analyst", "answers questions about tables: totals, averages, extremes and rankings by group",
    "the answer with the figures it rests on", "Work on the rows themselves, and name the measure and the group.",
    "You are done when each figure that you state comes from the rows.",
)  # fmt: skip
_ON_TABLES: frozenset[Kind] = frozenset(["answer", "analyze", "rank", "extract", "count", "describe"])


def work(kind: Kind, *, table: bool = False) -> Work:
    """Who does it and how; `table`: on rows of tables."""
    if table and kind in _ON_TABLES:
        return _TABLE_WORK
    return WORK.get(kind, _GENERAL if kind == "other" else WORK["answer"])


def role_for(done_by: Work) -> str:
    """Who is wanted, in the form in which a plan says it."""
    return f"{done_by.role}: {done_by.about}"


def work_of(role: str) -> Work:
    """The work that a role does; a general one where the role is not of our making."""
    return next((known for known in (*WORK.values(), _TABLE_WORK) if known.role == role), _GENERAL)
