"""Storage: SQLite files for run state and records, serialisation, locks between processes."""
