"""A small simulated meadow: the scene of the bundled sample time-lapse.

Lengths are in frame heights (1.0 is the height of the picture, x runs from 0 to 16/9, y runs
down), so the scene looks the same at every size. Colours are float RGB, 0 to 1. Time in the
scene is in days: 0.0 is the first sunrise, 1.0 the second.
"""
