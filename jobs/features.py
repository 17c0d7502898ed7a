"""From columns to vectors: words indexed and one-hot, an index of vegetation, numbers scaled, principal components.

https://spark.apache.org/docs/latest/ml-features.html
"""

import argparse
from typing import Any, Dict

from jobs import options

BINS = 60  # along each side of the figure
SHOWN = 5  # rows, before and after


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the workload's arguments; a wrong value ends the parse with one line that says why."""
    options.add_input_arguments(parser)
    options.add_features_argument(parser)
    options.add_categories_argument(parser)
    options.add_missing_argument(parser)
    options.add_seed_argument(parser)
    parser.add_argument(
        "--ndvi",
        type=options.names,
        default=(),
        metavar="RED,NIR",
        help="columns of the red and the near infrared band (default: B04,B08 where there are such)",
    )
    parser.add_argument(
        "--components", type=options.at_least_one, default=3, metavar="K", help="principal components (default: 3)"
    )


def run(spark: Any, args: argparse.Namespace) -> Dict[str, Any]:
    """Make the features, and give which columns came out and how much of the variance the components explain.

    Raises InputError for what is wrong with the input.
    """
    from jobs import features_model, parts, reading, reading_faults

    features_model.check_bands(args)
    source = reading.find(spark, args)
    with reading_faults.explained(source):
        with args.output.phase("read"):
            found = parts.read(source, args, number=False)
        try:
            with args.output.phase("compute"):
                return _made(found, args)
        finally:
            found.cells.release()


def _made(found: Any, args: argparse.Namespace) -> Dict[str, Any]:
    from jobs import features_model, features_seen

    data = features_model.table(found, args)
    print("{:,} rows of {} numbers and {} categories".format(found.rows[0], len(data.numbers), len(data.categories)))
    model = features_model.fit(data, args.components)
    made = model.transform(data.frame)
    _write(args.output, data, model, made)
    explained = features_model.explained(model)
    return {
        "columns": features_model.columns(data, model),
        "explained": explained,
        "explained_together": sum(explained),
        **({"ndvi": features_seen.vegetation(made)} if data.bands else {}),
        "numbers": list(data.numbers),
        "categories": list(data.categories),
        "rows": found.rows[0],
        "dropped_rows": found.dropped,
        "seed": args.seed,
    }


def _write(output: Any, data: Any, model: Any, made: Any) -> None:
    from jobs import charts, features_model, features_seen, stages

    explained = [("component {}".format(at + 1), part) for at, part in enumerate(features_model.explained(model))]
    output.figure("explained", charts.bars(explained, "principal component", "share of the variance"))
    output.table("loadings", *features_model.loadings(data, model))
    output.table("stages", stages.TITLES, stages.described(model))
    output.table("rows", *features_seen.examples(made, SHOWN))
    if len(explained) > 1:
        found = features_seen.grid(data, made, BINS)
        output.figure("components", charts.regions(found.cells, found.steps, ("component 1", "component 2")))
    if data.categories:
        words = features_seen.by_word(data, made)
        output.table("words", [data.categories[0], "index", "rows", "mean NDVI"][: len(words[0])], words)
        if data.bands:
            bars = [(row[0], row[3]) for row in words]
            output.figure("ndvi", charts.bars(bars, data.categories[0], "mean NDVI"))
