"""The bench of the days-to-full forecast: made-up volumes whose time of full is known, or one's own as a CSV."""

import os

# before numpy is loaded, as `holdfast` itself does: with as many threads as cores in each of two processes a fit takes ten times as long
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
