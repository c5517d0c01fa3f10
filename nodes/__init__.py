"""What happens: one node a file, with tools, models, policy and prompts."""
