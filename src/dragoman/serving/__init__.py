"""The web application: pages that an analyst keeps open, and an API beside them.

``library`` holds the server's own copy of the index, ``filters`` and ``queries`` what is
asked of it, ``security`` who may ask, ``pages``, ``reading``, ``api`` and ``feeds`` the
addresses. Pages are rendered on the server (docs/decisions/0003-server-rendered-pages.md).
"""

from dragoman.serving.app import make_app, serve
from dragoman.serving.settings import Settings

__all__ = ["Settings", "make_app", "serve"]
