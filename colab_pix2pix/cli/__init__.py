"""The command line: its words, flags, lines on a terminal, questions, and the demo."""

#: The exit status of a training that was stopped and can go on.
INTERRUPTED = 130
