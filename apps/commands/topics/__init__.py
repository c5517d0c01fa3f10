"""`repertory topics`: topics and tasks of a server of the Agent Protocol, from the command line."""
