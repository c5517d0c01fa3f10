"""Words that say what is to be done, and those that deny it: two tasks that differ in one of them differ in kind."""

import re

from repertory.memory.retrieval.words import words

_LINES = """
sum total
average mean
median
minimum lowest least smallest cheapest fewest
maximum highest most largest biggest
count number many
percentage share proportion
standard-deviation variance
sort order rank
ascending
descending
first
last latest
delete remove drop erase discard
list enumerate
show display print
create build generate
add append insert
update edit modify change revise rewrite rephrase
fix repair correct debug
write draft compose
read
save store
copy duplicate
move
rename
send email mail
call phone
reply answer respond
remind notify
forward
publish post
compare contrast
translate
summarize summarise summary
forecast predict
analyze analyse analysis
explain
describe
review proofread
check verify validate test
search find look
extract
filter
merge combine join
split divide
convert
calculate compute
multiply times product
subtract minus difference
plot draw chart graph diagram
table
recommend suggest
plan
classify categorize
upload
download
fetch
import
export
encrypt
decrypt
compress zip
unzip decompress
install
uninstall
subscribe
unsubscribe
enable
disable
accept approve
reject refuse decline
buy purchase
sell
book reserve
cancel
start begin launch
stop end halt
open
close
increase raise
decrease reduce lower
more above over
less below under fewer
before
after
longer
shorter
off
against
only
except excluding without
both
each every per
who
what
which
when
where
why
oldest
newest youngest
best
worst
source origin
destination target
input incoming
output outgoing
include
exclude
public
private
left
right
past
future upcoming
"""
"""Each line is one operation. Opposites, and what needs other tools or another expert, are lines of their own."""
_DENIAL = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|non|cannot|unless)\b|n['’]t\b", re.I)


def operations(text: str) -> frozenset[str]:
    """The operations that a text names, each by the first of its names; inflected words count."""
    return frozenset(_OPERATION_OF[word] for word in words(text) if word in _OPERATION_OF)


def denials(text: str) -> int:
    """How often a text denies."""
    return len(_DENIAL.findall(text))


def _lexicon() -> dict[str, str]:
    lines = (line.split() for line in _LINES.strip().splitlines())
    return {stem: names[0] for names in lines for name in names for stem in words(name)}


_OPERATION_OF = _lexicon()
