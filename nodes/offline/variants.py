"""Ways to say the same: which of them a voice uses is learned from its sample lines."""

VARIANTS: tuple[tuple[str, ...], ...] = (
    ("before", "ere", "afore"),
    ("perhaps", "maybe", "mayhap", "peradventure"),
    ("nothing", "naught", "nowt", "nuffin"),
    ("something", "summat", "sommat"),
    ("want to", "wanna", "wish to", "desire to", "mean to", "intend to"),
    ("going to", "gonna"),
    ("think", "reckon", "deem", "figure", "believe"),
    ("very", "proper", "exceedingly", "mad", "awfully"),
    ("talk", "natter", "discourse", "chat", "yarn"),
    ("fool", "muppet", "knave", "lubber", "simpleton", "mug"),
    ("find", "locate", "discover"),
    ("help", "assist", "aid"),
    ("read", "peruse"),
    ("sell", "shift", "flog"),
    ("finish", "complete", "conclude"),
    ("whoever", "whosoever"),
    ("while", "whilst"),
    ("also", "moreover", "besides"),
    ("money", "coin", "quid", "dough", "brass"),
    ("child", "bairn", "nipper"),
    ("small", "wee", "titchy"),
    ("everything", "the lot", "the whole"),
    ("them", "'em"),
)
"""Groups of words for the same thing. The first of each is what plain texts use."""

FAMILIES: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (
        ("thou", "thee", "thy", "thine"),
        (
            ("you are", "thou art"),
            ("are you", "art thou"),
            ("you have", "thou hast"),
            ("you do", "thou dost"),
            ("do you", "dost thou"),
            ("you will", "thou wilt"),
            ("will you", "wilt thou"),
            ("you can", "thou canst"),
            ("you could", "thou couldst"),
            ("you speak", "thou speakest"),
            ("you call", "thou callest"),
            ("you ask", "thou askest"),
            ("your", "thy"),
            ("yourself", "thyself"),
            ("you", "thee"),
        ),
    ),
    (("hath",), (("has", "hath"),)),
    (("doth",), (("does", "doth"),)),
    (("'tis", "’tis"), (("it is", "'tis"), ("it was", "'twas"))),
    (
        ("ain't", "ain’t"),
        (
            ("am not", "ain't"),
            ("is not", "ain't"),
            ("are not", "ain't"),
            ("have not", "ain't"),
            ("has not", "ain't"),
        ),
    ),
)
"""Forms that go together: where one of the first words is in the samples, all these pairs hold. Longer ones first."""

CONTRACTIONS: tuple[tuple[str, str], ...] = (
    ("cannot", "can't"),
    ("can not", "can't"),
    ("will not", "won't"),
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("did not", "didn't"),
    ("is not", "isn't"),
    ("are not", "aren't"),
    ("was not", "wasn't"),
    ("have not", "haven't"),
    ("has not", "hasn't"),
    ("could not", "couldn't"),
    ("would not", "wouldn't"),
    ("should not", "shouldn't"),
    ("I am", "I'm"),
    ("you are", "you're"),
    ("we are", "we're"),
    ("they are", "they're"),
    ("it is", "it's"),
    ("that is", "that's"),
    ("there is", "there's"),
    ("what is", "what's"),
    ("he is", "he's"),
    ("she is", "she's"),
    ("I have", "I've"),
    ("you have", "you've"),
    ("we have", "we've"),
    ("I will", "I'll"),
    ("you will", "you'll"),
    ("it will", "it'll"),
    ("let us", "let's"),
)
"""Full and short forms; `cannot` before `can not`, so that the short form expands to one word."""

YES = frozenset(("aye", "yes", "yeah", "yep", "indeed", "verily", "sure"))
NO = frozenset(("nay", "no", "nah", "nope", "never"))
