"""The shapes in which the program tells what it concluded: the report, an explanation. Filled elsewhere, served as JSON."""
