"""Show an exception that must come: another one, or none, is the failure."""


class expect:
    """Catch an exception of the given type; printed, it reads as Python reports it.

    A long message is cut after its first line. AssertionError if none came; another
    exception passes through.

    >>> with expect(ZeroDivisionError) as caught:
    ...     _ = 1 / 0
    >>> print(caught)
    ZeroDivisionError: division by zero
    >>> with expect(ZeroDivisionError):
    ...     pass
    Traceback (most recent call last):
    AssertionError: ZeroDivisionError did not come
    """

    def __init__(self, expected: type[Exception]) -> None:
        self.expected = expected
        self.error: Exception | None = None

    def __enter__(self) -> "expect":
        return self

    def __exit__(self, kind, error, traceback) -> bool:
        if kind is None:
            raise AssertionError(f"{self.expected.__name__} did not come")
        self.error = error
        return issubclass(kind, self.expected)

    def __str__(self) -> str:
        message = str(self.error).strip().partition("\n")[0]
        return f"{type(self.error).__name__}: {message}"
