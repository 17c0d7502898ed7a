"""A comparison of runs as one HTML page that opens from disk."""

from pathlib import Path

from launcher import pages, report, tables
from launcher.comparing import SECTIONS, TOLERANCE, Comparison
from launcher.errors import UsageError
from launcher.metrics import words


def write(found: Comparison, path: Path) -> None:
    """Write the page, whole or not at all; raises UsageError where it cannot be written."""
    sections = {section: [row for row in found.rows if row.section == section] for section in SECTIONS}
    page = pages.template("comparison.html.j2").render(
        found=found,
        sections={section: rows for section, rows in sections.items() if rows},
        tolerance=TOLERANCE,
        text=tables.text,
        is_quantity=report.is_quantity,
        words=words,
    )
    try:
        pages.write(page, path.absolute())
    except OSError as error:
        raise UsageError(f"page {path}: {error.strerror}", "name a file in a folder that can be written") from error
