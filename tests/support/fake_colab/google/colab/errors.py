"""Errors with the names of Colab's own."""


class Error(Exception):
    """Base class of all of them."""


class MessageError(Error):
    """The page answers with an error; in Colab it lies in `google.colab._message`."""


class RuntimeManagementError(Error):
    """The service that takes machines back can't be reached, or refuses."""
