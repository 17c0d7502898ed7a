"""Programs built from modules of our own: their go.mod may replace a dependency, which the programs' own may not do."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rehearsal.parts_build import PINS, contents, run_tool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoPrograms:
    """Programs in one folder ``bin``: the committed go.mod and go.sum of each hold every dependency's checksum.

    ``programs`` has a row per program: the folder of its go.mod below the pins, and its package. ``scripts`` has a row
    per script that lies beside them: the folder of the go.mod that names its module, the module, its path in there.
    ``stamp`` is the variable that holds the version of a program, as its own build would set it.
    """

    version: str
    pins: str
    programs: tuple[tuple[str, str], ...]
    scripts: tuple[tuple[str, str, str], ...]
    stamp: str

    @property
    def doing(self) -> str:
        """What building it does, in a few words."""
        return "building with go (five to ten minutes)"

    def pinned(self) -> bytes:
        """Give all that decides what the programs are."""
        folders = dict.fromkeys(folder for folder, _ in self.programs)
        return repr(self).encode() + b"".join(contents(f"{self.pins}/{one}", "go.mod", "go.sum") for one in folders)

    def build(self, draft: Path, log: Path) -> None:
        """Compile the programs and copy the scripts."""
        flags = ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w -X {self.stamp}={self.version}"]
        for folder, package in self.programs:
            build = ["go", "build", "-C", str(self._module(folder)), *flags]
            run_tool([*build, "-o", f"{draft / 'bin'}{os.sep}", package], draft, log, "-mod=readonly")
        for folder, module, path in self.scripts:
            find = ["go", "list", "-C", str(self._module(folder)), "-m", "-json", module]
            source = Path(json.loads(run_tool(find, draft, log, "-mod=readonly"))["Dir"]) / path
            shutil.copy(source, draft / "bin" / source.name)
            (draft / "bin" / source.name).chmod(0o755)

    def product(self, folder: Path) -> Path:
        """Give the folder whose ``bin`` has the programs."""
        return folder

    def _module(self, folder: str) -> Path:
        return PINS / self.pins / folder
