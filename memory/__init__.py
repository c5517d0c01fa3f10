"""What is known and kept: records, registry, index, checkpoints. Imports nothing of ours."""
