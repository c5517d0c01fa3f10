"""What people and programs see of runs, and how a person decides."""
