"""The networks, what they are fed and what they make; TensorFlow lives here and in training."""
