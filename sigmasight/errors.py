"""Errors that are for people."""


class UserError(Exception):
    """Something a person can mend. The command line prints `message` once, without a trace.

    `exit_code`: 1 failed, 2 wrong use, 75 already running.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
