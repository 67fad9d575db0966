"""The Hugging Face Hub: where models are published, and come from."""
