"""What is published: one declaration per family, one catalogue of them, and the text made of both."""
