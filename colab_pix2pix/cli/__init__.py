"""The command line: its words, flags, lines on a terminal, questions, and the demo."""
