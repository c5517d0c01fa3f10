"""Models: which one serves, how it is asked, and what is done about faulty answers."""
