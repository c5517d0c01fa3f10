"""Topics over HTTP: the Agent Protocol, version 2 and version 1 beside it, as a thin face over the graphs."""
