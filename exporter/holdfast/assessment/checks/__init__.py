"""How each check of ``model.check`` is judged: pure functions, by what they look at."""
