// Takes memory, a MiB at a time, for as long as process PID lives; the kernel's OOM killer spares this one.
// Usage: hog PID
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STEP = 1 << 20 };

static int be_spared(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "-1000", 5) == 5 ? 0 : -1;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
	if (pid <= 0 || be_spared()) {
		fprintf(stderr, "usage, as root with /proc mounted: hog PID\n");
		return 2;
	}
	while (kill(pid, 0) == 0) {
		char *memory = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory != MAP_FAILED)
			memset(memory, 1, STEP);
		usleep(1000);
	}
	return 0;
}
