"""What was judged, told in full: the report's document and the explanation of one claim. Nothing is judged here."""
