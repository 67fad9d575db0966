"""Looking at the crops and choosing among them."""
