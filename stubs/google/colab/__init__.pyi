"""Types of the few google.colab functions in use; the package itself exists in Colab only."""
