"""What is an image by its first bytes, whatever its name or its sender says."""

_BY_START = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def image_type(head: bytes) -> str:
    """The media type that the first 16 bytes show, "" unless PNG, JPEG, GIF or WebP."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BY_START.items() if head.startswith(start)), "")
