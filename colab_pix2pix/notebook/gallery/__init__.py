"""The crops, page by page, and which of them are kept."""
