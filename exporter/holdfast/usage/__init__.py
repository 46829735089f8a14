"""Clients for what measures usage. Whom to ask is handed to them; what an answer means is judged elsewhere."""
