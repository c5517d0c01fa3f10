"""`repertory agents`: a module for each of its actions."""
