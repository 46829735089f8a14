"""The bench of the days-to-full forecast: made-up volumes whose time of full is known, or one's own as a CSV."""

import os

# Numpy's threads wait for one another by spinning: beside a second process that makes the thousands of small products of a fit ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
