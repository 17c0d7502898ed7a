"""What the Python workers on the executors need to be quick."""

import sys
import zipimport


def forget_archives() -> None:
    """Make this worker's next tasks start at once; call it anywhere in a task, as often as you like.

    PySpark calls ``importlib.invalidate_caches()`` at the start of each task. From Python 3.10 to 3.11 that reads the
    directory of pyspark.zip again for each of its packages that was imported, 0.2 s a task. An importer that is not in
    the cache is not asked, and is made again from the archive's known directory when an import needs it.
    https://github.com/python/cpython/issues/103200
    """
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[path]
