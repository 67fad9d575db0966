"""The page in which a trained model runs live in a browser, and the Python that writes it."""
