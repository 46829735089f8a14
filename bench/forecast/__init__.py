"""The bench of the days-to-full forecast: made-up volumes whose time of full is known, or one's own as a CSV."""
