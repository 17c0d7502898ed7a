"""Whether what was counted can be learned from: what cannot is told with file and row."""

from typing import Any, List, Tuple

from jobs.errors import InputError
from jobs.image_counts import HELD, LEARNED, Counts, size
from jobs.image_files import Fault

MOST_CLASSES = 1000


def require_whole(found: List[Counts]) -> None:
    """Raise InputError for the first fault of the files."""
    for each in found:
        if each.fault is not None:
            raise InputError("{}: {}".format(_where(each.fault), each.fault.said), "check that the file is whole")


def classes(found: List[Counts], share: float) -> Tuple[str, ...]:
    """Give the classes that are learned, in their order; raises InputError for what cannot be learned."""
    for each in found[1:]:
        if each.shape != found[0].shape:
            raise InputError(
                "{}: images of {}, in {} they are {}".format(
                    each.file, size(each.shape), found[0].file, size(found[0].shape)
                ),
                "all images must have one size",
            )
    learned = {name for each in found for name, part in each.rows if part == LEARNED}
    _check_sizes(found, learned, share)
    for each in found:
        for (name, part), row in sorted(each.first.items(), key=lambda item: item[1]):
            if part == HELD and name not in learned:
                raise InputError(
                    "{} row {}: class {!r} is never seen in training".format(each.file, row, name),
                    "more rows of it to learn from, or none in the test",
                )
    return _ordered(learned)


def _check_sizes(found: List[Counts], learned: Any, share: float) -> None:
    train, test = sum(each.total(LEARNED) for each in found), sum(each.total(HELD) for each in found)
    if not train or not test:
        raise InputError(
            "too few images: {:,} to learn from, {:,} to test on (--test {})".format(train, test, share),
            "more images, or another --test or --seed",
        )
    if len(learned) > MOST_CLASSES:
        raise InputError("the labels are of more than {:,} classes".format(MOST_CLASSES), "labels name classes")
    if len(learned) == 1:
        raise InputError("all images are of class {!r}: there is nothing to tell apart".format(*learned), "")


def _ordered(names: Any) -> Tuple[str, ...]:
    try:
        return tuple(sorted(names, key=int))
    except ValueError:
        return tuple(sorted(names))


def _where(fault: Fault) -> str:
    return fault.file if fault.row < 0 else "{} row {}".format(fault.file, fault.row)
