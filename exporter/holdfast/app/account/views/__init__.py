"""What the page shows and ``/api/v1`` answers, from what an engine judged: fills the structs of ``holdfast.http.views``."""
