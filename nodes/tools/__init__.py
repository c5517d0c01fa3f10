"""Tools: the toolbox that takes any function, and the tools that come with Repertory."""
