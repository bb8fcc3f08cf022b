"""XML without entities, without network, without a DTD."""

from __future__ import annotations

from typing import Any

from lxml import etree

from dragoman.errors import InputError


def refuse_entities(data: bytes, name: str) -> None:
    """Raise ``InputError`` (``xml-entities``) if the document declares entities of its own."""
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        if "<!ENTITY".encode(encoding) in data:
            raise InputError(
                name, "xml-entities", "it declares entities, which no news file needs; not read"
            )


def root_of(data: bytes, name: str) -> Any:
    """Return the root element. Raises ``InputError``: ``xml-entities`` or ``xml-broken``."""
    refuse_entities(data, name)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(name, "xml-broken", f"the XML is broken: {error}") from error
    if root is None:
        raise InputError(name, "xml-broken", "the XML has no root element")
    return root


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def named(root: Any, *names: str) -> list[Any]:
    """Return the elements under ``root`` with one of ``names``, in document order."""
    return [element for element in root.iter() if local(element) in names]


def words(element: Any) -> str:
    """Return the text in ``element`` with single spaces."""
    return " ".join("".join(element.itertext()).split())
