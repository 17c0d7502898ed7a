"""Text from elsewhere, made safe to show: what a terminal or a page would obey is written out."""

# Characters that act on a terminal, change the order in which text is shown, or cannot be written as UTF-8.
CONTROL = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]
FORMAT = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
VISIBLE = {code: f"\\x{code:02x}" for code in CONTROL} | {code: f"\\u{code:04x}" for code in FORMAT}


def visible(text: str) -> str:
    r"""Give the text with active characters spelled out, such as \x1b for an escape; line ends and tabs stay."""
    return text if text.isprintable() else text.translate(VISIBLE)
