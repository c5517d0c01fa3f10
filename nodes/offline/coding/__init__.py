"""Work on Python code by rule: a few kinds of changes, each understood from a request and made by the syntax tree."""
