"""launcher completion: the script that a shell evaluates."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, to be evaluated by it.

    \b
    Examples:
      eval "$(launcher completion bash)"
      launcher completion fish > ~/.config/fish/completions/launcher.fish
    """
    from click.shell_completion import get_completion_class

    from launcher.cli import launcher

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(launcher, {}, "launcher", "_LAUNCHER_COMPLETE").source(), nl=False)
