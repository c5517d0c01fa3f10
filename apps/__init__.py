"""How people reach it: command line, dev server, notebooks."""
