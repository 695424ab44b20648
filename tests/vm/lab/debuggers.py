"""What debuggers say of a core, by kernel series: Debian 12's crash, the newest crash, or the newest drgn where no crash
opens the kernel. What they say must show that they got so far as to know the kernel, its processes and its panic."""

import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import tools
from .kernels import Kernel

TIMEOUT = 300
MARK = "lab-question "
DRGN_SCRIPT = Path(__file__).with_name("ask_drgn.py")
FRAMES = ("sysrq_handle_crash", "__handle_sysrq", "write_sysrq_trigger", "vfs_write", "ksys_write", "do_syscall_64",
          "entry_SYSCALL_64")
TRACE = "(?s:" + ".*".join(FRAMES) + ")"
# Regular expressions, all of which the answer to a question must match; {release} is the kernel's. A Debian guest with
# systemd has more than 60 processes and kernel threads.
LOG = (r"Linux version {release} ", r"Kernel panic - not syncing: sysrq triggered crash")
CRASH_ANSWERS = {
    "sys": (r"RELEASE: {release}$", r"CPUS: 2$", r"PANIC: .*sysrq triggered crash"),
    "bt": (TRACE,),
    "bt -a": (TRACE, r"(?s:CPU: 0 .*CPU: 1 )"),
    "ps": (r"(?:^[> ]+\d+ +\d+ +[01] +[0-9a-f]{{16}} .*\n?){{50,}}", r"^[> ]+1 +0 .* systemd$"),
    "log": LOG,
    "kmem -i": (r"TOTAL MEM +\d{{6}} ", r"FREE +[1-9]\d+ ", r"CACHED +[1-9]\d+ ", r"SLAB +[1-9]\d+ "),
    "mod": (r"^[0-9a-f]{{16}} +virtio_blk ",),
    "mount": (r" ext4 +/dev/(?:vda|root) +/ *$",),
}
DRGN_ANSWERS = {
    "tasks": (r"(?:^ *\d+ .*\n?){{50,}}", r"^ *1 systemd$"),
    "crashed thread": (r"^\d+ sh\n", TRACE),
    "stacks": (TRACE, r"(?s:^CPU 0.*^CPU 1)"),
    "log": LOG,
}
# What a debugger says when it could not read what it was asked for, and goes on.
COMPLAINT = re.compile(r"^(?:crash|sys|bt|ps|log|kmem|mod|mount): .*$|page excluded|.*\bFaultError\b.*|.*seek error.*",
                       re.MULTILINE)


class NotAnswered(RuntimeError):
    """A debugger cannot open a core, or says of it what cannot be; the text has the question and its words."""


@dataclass(frozen=True)
class Debugger:
    """A program that answers questions about a core; `answers` has what it may be asked and what must be in the answer.
    `program` makes the words that start it; `ask` has it answer all questions, each after a line of MARK and the question."""

    name: str
    program: Callable[[], list[str]]
    answers: dict[str, tuple[str, ...]]
    ask: Callable[["Debugger", Kernel, tuple[Path, ...], tuple[str, ...]], str]
    command: str  # what a person types

    def answer(self, kernel: Kernel, core: Path, questions: tuple[str, ...]) -> dict[str, str]:
        """Its answer to each question, without the lines that name the file. Raises NotAnswered."""
        answers = self.said(kernel, (core,), questions)
        for question in questions:
            if wrong := what_is_wrong(answers[question], self.answers[question], kernel.release):
                raise NotAnswered(f"{self.name}, asked for {question} of {core}: {wrong}:\n{answers[question][-3000:]}")
        return answers

    def said(self, kernel: Kernel, files: tuple[Path, ...], questions: tuple[str, ...]) -> dict[str, str]:
        """The same of a dump of one file or of several, whatever the answers are. Raises NotAnswered when one is missing."""
        said = self.ask(self, kernel, files, questions)
        answers = dict(part.split("\n", 1) for part in said.split(MARK)[1:])
        if missing := [question for question in questions if question not in answers]:
            raise NotAnswered(f"{self.name}, asked for {', '.join(missing)} of {files[0]}, does not answer:\n{said[-3000:]}")
        return {question: _without_files(answers[question], files) for question in questions}


def what_is_wrong(answer: str, expected: tuple[str, ...], release: str) -> str | None:
    """Why an answer cannot be right: it is a complaint, or something expected is not in it."""
    if complaint := COMPLAINT.search(answer):
        return f"it says '{complaint[0]}'"
    for pattern in expected:
        if not re.search(pattern.format(release=re.escape(release)), answer, re.MULTILINE):
            return f"no /{pattern}/ in it"
    return None


def _ask_crash(debugger: Debugger, kernel: Kernel, files: tuple[Path, ...], questions: tuple[str, ...]) -> str:
    """crash reads the kernel's symbols for seconds, so it is started once for all questions."""
    script = "".join(f"!echo {MARK}{question}\n{question}\n" for question in questions) + "quit\n"
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as file:
        file.write(script)
        file.flush()
        return _output([*debugger.program(), "-s", "-i", file.name, kernel.vmlinux, *files])


def _ask_drgn(debugger: Debugger, kernel: Kernel, files: tuple[Path, ...], questions: tuple[str, ...]) -> str:
    return _output([*debugger.program(), "-q", "-c", *files, "--no-default-symbols", "-s", kernel.vmlinux, DRGN_SCRIPT, MARK,
                    *questions], env=tools.environment("drgn"))


def _output(command: list, **options) -> str:
    try:
        done = subprocess.run([str(word) for word in command], text=True, errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False, **options)
    except subprocess.TimeoutExpired as error:
        raise NotAnswered(str(error)) from None
    if done.returncode != 0:
        raise NotAnswered(f"{shlex.join(map(str, command))}: exit status {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def _without_files(text: str, files: tuple[Path, ...]) -> str:
    return "\n".join(line for line in text.splitlines()
                     if "DUMPFILE:" not in line and not any(str(path) in line for path in files))


CRASH = Debugger("crash", lambda: ["crash"], CRASH_ANSWERS, _ask_crash, "crash {vmlinux} {core}")
NEWEST_CRASH = Debugger("the newest crash", lambda: tools.command("crash"), CRASH_ANSWERS, _ask_crash,
                        "tests/vm/tool crash {vmlinux} {core}")
NEWEST_DRGN = Debugger("the newest drgn", lambda: tools.command("drgn"), DRGN_ANSWERS, _ask_drgn,
                       "tests/vm/tool drgn -c {core} -s {vmlinux}")
ALL_OF_CRASH = tuple(CRASH_ANSWERS)
# Who is asked what of a core of each series, the first being the one to recommend. crash 8.0.2 lists only the active
# tasks of 6.1.192; 9.0.2 cannot open 7.2, the raw vmcore neither.
ASKED = {
    "5.10": ((CRASH, ALL_OF_CRASH),),
    "6.1": ((CRASH, tuple(name for name in ALL_OF_CRASH if name != "ps")), (NEWEST_CRASH, ("ps",))),
    "6.12": ((NEWEST_CRASH, ALL_OF_CRASH),),
    "newest": ((NEWEST_DRGN, tuple(DRGN_ANSWERS)),),
}


def shell_command(kernel: Kernel, core: Path) -> str:
    """What a person types to open a core of that kernel, in the root of the repository."""
    (debugger, _), *_ = ASKED[kernel.series]
    return debugger.command.format(vmlinux=kernel.vmlinux, core=core)
