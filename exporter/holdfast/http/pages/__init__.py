"""The pages that people open: views put into HTML, with two pictures. No script, nothing from elsewhere, no fact of its own.

What a view holds is said by ``http.views``, what may be asked of it by ``http.queries``.
"""

from holdfast.http.pages.routes import Pages, add_pages

__all__ = ["Pages", "add_pages"]
