"""What is wrong with a page or a snippet, in one line that says where."""


class Fault(Exception):
    """A fault of the content: its message is one line, for who wrote the content."""
