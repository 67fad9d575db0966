"""The steps that notebook and command line share."""
