"""What files of images hold, and whether a model takes it: told with file and row before anything is predicted."""

from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from jobs import image_shares
from jobs.errors import InputError
from jobs.image_files import Block, Fault
from jobs.image_sources import Source
from jobs.network import Network


class Count(NamedTuple):
    """What one source holds: rows, those with a label, and the first thing that is wrong."""

    rows: int
    labelled: int
    fault: Optional[Fault]


def counted(context: Any, sources: Sequence[Source], network: Network, *, labels: bool) -> List[Count]:
    """Read all files once and give what each holds.

    Raises InputError, with file and row, for what cannot be read, for images of another size than the model's and,
    where ``labels`` count, for classes that it does not know.
    """
    read = [
        image_shares.contents(context, each)
        .mapPartitions(image_shares.blocks_of(each))
        .mapPartitions(_counter(each, network, labels=labels))
        for each in sources
    ]
    found = context.union(read).collect()
    for count in found:
        if count.fault is not None:
            raise _refused(count.fault)
    if not sum(count.rows for count in found):
        raise InputError("there is no image in {}".format(sources[0].images), "check that the files are whole")
    return found


def _counter(source: Source, network: Network, *, labels: bool) -> Callable[[Iterator[Any]], Iterator[Count]]:
    known = set(network.classes)

    def count(blocks: Iterator[Union[Block, Fault]]) -> Iterator[Count]:
        rows = labelled = 0
        fault = None
        for block in blocks:
            fault = block if isinstance(block, Fault) else _fault(source, block, network, known if labels else None)
            if fault is not None or isinstance(block, Fault):
                break
            rows += len(block.images)
            labelled += len(block.labels)
        yield Count(rows, labelled, fault)

    return count


def _fault(source: Source, block: Block, network: Network, known: Any) -> Optional[Fault]:
    if block.images.shape[1:] != network.shape:
        said = "images of {}, the model takes {}".format(*map(_size, (block.images.shape[1:], network.shape)))
        return Fault(source.images, block.first, said)
    if block.images.dtype.kind == "f" and not np.isfinite(block.images).all():
        wrong = ~np.isfinite(block.images).reshape(len(block.images), -1).all(axis=1)
        return Fault(source.images, block.first + int(np.argmax(wrong)), "the image holds NaN or infinity")
    strange = [at for at, name in enumerate(block.labels.tolist()) if known is not None and name not in known]
    if not strange:
        return None
    said = "class {!r} is none of the model's: {}".format(str(block.labels[strange[0]]), _named(network.classes))
    return Fault(source.images, block.first + strange[0], said)


def _refused(fault: Fault) -> InputError:
    where = fault.file if fault.row < 0 else "{} row {}".format(fault.file, fault.row)
    if "none of the model's" in fault.said:
        return InputError("{}: {}".format(where, fault.said), "--ignore-labels, or a model that learned this class")
    hint = "a model that was trained on such images" if "the model takes" in fault.said else "check the file"
    return InputError("{}: {}".format(where, fault.said), hint)


def _named(classes: Tuple[str, ...], most: int = 12) -> str:
    shown = ", ".join(classes[:most])
    return shown if len(classes) <= most else "{}, ... ({})".format(shown, len(classes))


def _size(shape: Tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
