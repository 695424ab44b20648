"""Run inside drgn with a core: says what it is asked for, each answer after a line of the mark and the question.

Arguments: MARK QUESTION...
"""

import sys

from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_dmesg
from drgn.helpers.linux.sched import cpu_curr


def name(task) -> str:
    return f"{task.pid.value_():6} {task.comm.string_().decode()}"


def tasks() -> None:
    for task in sorted(for_each_task(prog), key=lambda task: task.pid.value_()):  # noqa: F821: drgn's
        print(name(task))


def crashed_thread() -> None:
    thread = prog.crashed_thread()  # noqa: F821
    print(f"{name(thread.object).strip()}\n{thread.stack_trace()}")


def stacks() -> None:
    for cpu in for_each_online_cpu(prog):  # noqa: F821
        task = cpu_curr(prog, cpu)  # noqa: F821
        print(f"CPU {cpu} {name(task)}\n{prog.stack_trace(task)}")  # noqa: F821


def log() -> None:
    print(get_dmesg(prog).decode(errors="replace"))  # noqa: F821


ANSWERS = {"tasks": tasks, "crashed thread": crashed_thread, "stacks": stacks, "log": log}
mark, *questions = sys.argv[1:]
for question in questions:
    print(f"{mark}{question}")
    ANSWERS[question]()
