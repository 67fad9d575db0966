"""Types of the few google.colab functions that are used; the package itself exists in Colab only."""
