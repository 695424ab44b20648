"""Commands on the host, with failures that show what the command said."""

import subprocess


class CommandFailed(RuntimeError):
    """A host command failed; the text holds its arguments, exit status and last output."""


def run(*arguments, **options) -> str:
    """Run a command to its end and return its standard output; raises CommandFailed."""
    done = subprocess.run([str(a) for a in arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **options)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()[-2000:]
        raise CommandFailed(f"{' '.join(map(str, arguments))}: exit status {done.returncode}: {said}")
    return done.stdout
