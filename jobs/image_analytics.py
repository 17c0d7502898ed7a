"""A scene of satellite images from bands to a map: indices, a class for each pixel, areas, change between dates.

The steps are those of remote sensing's textbooks; the areas are corrected by the test as in Olofsson et al. 2014,
https://doi.org/10.1016/j.rse.2014.02.015
"""

import argparse
from typing import Any, Dict, List

from jobs import options, scene_bands

CLASSIFIERS = ("logistic-regression", "random-forest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    _add_scene_arguments(parser)
    _add_learning_arguments(parser)
    options.add_seed_argument(parser)


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Learn the classes from some tiles, test on the others, map the whole scene, and give areas and change.

    The input has a row for each pixel: row, col, bands, class. Raises InputError for what is wrong with it.
    """
    from jobs import reading, reading_faults, scene

    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            found = scene.read(source, args)
        try:
            with args.output.phase("compute"):
                return _analysed(found, args)
        finally:
            found.release()


def _add_scene_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", default="", metavar="NAME", help="the column with the class (default: the last)")
    parser.add_argument(
        "--unlabelled",
        default="no data",
        metavar="WORD",
        help="what says that the class is not known, beside nothing at all (default: no data)",
    )
    parser.add_argument(
        "--features",
        type=options.names,
        default=(),
        metavar="NAME,NAME",
        help="columns of bands (default: all named like one, as B04, B8A or B04_20150711)",
    )
    parser.add_argument(
        "--bands",
        type=scene_bands.roles,
        default={},
        metavar="ROLE=BAND,...",
        help="which band is blue, green, red, nir, swir (default: Sentinel-2's B02, B03, B04, B08, B11)",
    )
    parser.add_argument(
        "--pixel", type=options.positive, default=10.0, metavar="M", help="metres along a pixel's side (default: 10)"
    )


def _add_learning_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tile", type=options.at_least_one, default=10, metavar="N", help="pixels along a tile's side (default: 10)"
    )
    parser.add_argument(
        "--test",
        type=options.fraction,
        default=0.25,
        metavar="SHARE",
        help="share of the tiles held for the test, by a hash of their place and the seed (default: 0.25)",
    )
    parser.add_argument(
        "--least",
        type=options.at_least_one,
        default=50,
        metavar="N",
        help="pixels that make a class: with fewer, they count as not labelled (default: 50)",
    )
    parser.add_argument("--classifier", choices=CLASSIFIERS, default=CLASSIFIERS[0], help="default: %(default)s")
    parser.add_argument(
        "--regularisation",
        type=options.tolerance,
        default=0.001,
        metavar="L",
        help="logistic regression's penalty on squares of coefficients of standardized features (default: 0.001)",
    )
    parser.add_argument(
        "--max-iter", type=options.at_least_one, default=200, metavar="N", help="most iterations (default: 200)"
    )
    parser.add_argument(
        "--change",
        type=options.positive,
        default=0.1,
        metavar="D",
        help="NDVI that a pixel must lose or gain to count as changed (default: 0.1)",
    )


def _analysed(found: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import scene_model, scores

    train, test = (sum(sizes) for sizes in zip(*found.sizes))
    print("{:,} pixels, {} tiles, {} of them held".format(found.pixels, *found.tiles))
    print("{:,} pixels to learn {} classes from, {:,} to test on".format(train, len(found.classes), test))
    model = scene_model.fit(found, args)
    made = scene_model.mapped(model, found)
    try:
        areas = scene_model.areas(found, made, args.pixel)
        change = scene_model.change(found, made, args.change)
        _write(args.output, found, made, areas, change)
    finally:
        made.frame.unpersist()
    warnings = _warnings(found, made)
    for warning in warnings:
        print("warning: " + warning)
    return {
        **scores.summary(made.tested),
        "hectares": dict(zip(found.classes, areas.mapped)),
        "hectares_corrected": dict(zip(found.classes, areas.adjusted)),
        **scene_model.change_summary(change, args.pixel),
        "classifier": args.classifier,
        "bands": list(found.bands.names),
        "indices": list(dict.fromkeys(index.name for index in found.bands.indices)),
        "dates": [date for date in found.bands.dates if date],
        "pixels": found.pixels,
        "tiles": found.tiles[0],
        "held_tiles": found.tiles[1],
        "train_pixels": train,
        "test_pixels": test,
        "dropped_rows": found.dropped,
        "warnings": warnings,
        "seed": args.seed,
    }


def _warnings(found: Any, made: Any) -> List[str]:
    """Give what a reader of the metrics must know, in sentences."""
    few = [
        "{!r} has only {} pixels: they count as not labelled, see --least".format(name, pixels)
        for name, pixels in sorted(found.rare.items())
    ]
    poor = [
        "class {!r} is found in {:.0%} of its held pixels only: its area on the map is not to be trusted".format(*row)
        for row in zip(found.classes, made.tested.confusion.recall)
        if row[1] < 0.5  # noqa: PLR2004 -- more are missed than found
    ]
    untested = [
        "no held tile has class {!r}: nothing is known about how well it is found".format(name)
        for name, (_, test) in zip(found.classes, found.sizes)
        if not test
    ]
    return few + poor + untested


def _write(output: Any, found: Any, made: Any, areas: Any, change: Any) -> None:
    from jobs import charts, scene_figures, scores

    for name, figure in scene_figures.figures(found, made, change).items():
        output.figure(name, figure)
    output.figure("confusion", charts.matrix(made.tested.confusion.counts.tolist(), found.classes))
    output.table("classes", ["class", "precision", "recall", "f1", "test pixels"], scores.by_class(made.tested))
    rows = [list(row) for row in zip(found.classes, *areas)]
    output.table("areas", ["class", "hectares labelled", "hectares on the map", "corrected by the test"], rows)
    dates, values = change
    if len(dates) > 1:
        titles = ["class on the map", *("NDVI " + date for date in dates), "pixels that lost", "pixels that gained"]
        output.table("vegetation", titles, [[name, *row] for name, row in zip(found.classes, values)])
