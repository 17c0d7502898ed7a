"""Executables that answer like a Java, for machines that have only one."""

from pathlib import Path

SCRIPT = """\
#!/bin/sh
echo run >> "{home}/runs"
case $1 in
  -XshowSettings:properties) printf '    java.home = %s\\n    java.version = %s\\n' "{home}" "{version}" >&2 ;;
  --list-modules) printf '%s\\n' {modules} ;;
  *) for argument in "$@"; do printf '[%s]' "$argument"; done ;;
esac
"""
ALL = "java.base jdk.incubator.vector"


def java_home(folder: Path, version: str, *, modules: str = ALL) -> Path:
    """A JAVA_HOME whose java says it is `version`, has `modules`, and counts its runs."""
    return _home(folder, SCRIPT.format(home=folder, version=version, modules=modules))


def odd_java_home(folder: Path, body: str) -> Path:
    """A JAVA_HOME whose java is the shell script `body`."""
    return _home(folder, f"#!/bin/sh\n{body}\n")


def runs(home: Path) -> int:
    """How often the java in `home` was started."""
    return len((home / "runs").read_text(encoding="utf-8").splitlines())


def _home(folder: Path, text: str) -> Path:
    binary = folder / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(text, encoding="utf-8")
    binary.chmod(0o755)
    return folder
