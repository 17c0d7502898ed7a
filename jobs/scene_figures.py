"""What is shown of a scene: the picture beside the class map, what was known and tested, how vegetation changed."""

from typing import Any, Dict

from pyspark.sql import functions as F

from jobs import scene_cells, scene_maps, scene_model
from jobs.charts import Spec
from jobs.scene import Scene


def figures(scene: Scene, made: scene_model.Mapped, change: scene_model.Change) -> Dict[str, Spec]:
    """Give the figures by name; those about change only where there are several dates."""
    cells = scene_cells.grid(scene.extent)
    found = {"map": _map(scene, made, cells), "labels": _labels(scene, made, cells)}
    dates, values = change
    if len(dates) > 1:
        found["change"] = _change(scene, made, cells)
        by_class = {name: row[: len(dates)] for name, row in zip(scene.classes, values)}
        found["vegetation"] = scene_maps.lines(dates, by_class, "mean NDVI")
    return found


def _map(scene: Scene, made: scene_model.Mapped, cells: scene_cells.Grid) -> Spec:
    told, places = scene.bands.shown(scene.bands.dates[-1])
    classes = scene_cells.most_frequent(made.frame, cells, F.col("prediction"))
    return scene_maps.beside(
        scene_maps.picture(scene_cells.colours(scene, cells, places), cells, told),
        scene_maps.classes(classes, cells, "class of each pixel", scene.classes),
    )


def _labels(scene: Scene, made: scene_model.Mapped, cells: scene_cells.Grid) -> Spec:
    known = scene_cells.most_frequent(made.frame, cells, F.col("label"))
    part = F.when(F.col("label") == F.col("prediction"), 1).otherwise(2)
    parts: Any = F.when(F.col("label").isNotNull(), F.when(F.col("held"), part).otherwise(0))
    return scene_maps.beside(
        scene_maps.classes(known, cells, "class as labelled", scene.classes),
        scene_maps.held(scene_cells.most_frequent(made.frame, cells, parts), cells, "tiles held for the test"),
    )


def _change(scene: Scene, made: scene_model.Mapped, cells: scene_cells.Grid) -> Spec:
    places = list(scene_model.vegetation(scene).items())
    (first, begin), (last, end) = places[0], places[-1]
    values = F.col("indices")[begin], F.col("indices")[end]
    before, gained = (scene_cells.means(made.frame, cells, [value]) for value in (values[0], values[1] - values[0]))
    return scene_maps.beside(
        scene_maps.shades(before, cells, "NDVI " + first), scene_maps.gains(gained, cells, "gained until " + last)
    )
