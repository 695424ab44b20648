// Holds memory of one kind until it is killed, for a dump to contain. Usage: hold KIND MIB
// KIND: text (compressible), random, zero (written, still all zero), huge (transparent huge pages), hugetlb.
// Says "held" on standard output once every page is there.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill(char *memory, size_t bytes, const char *kind)
{
	uint64_t state = 88172645463325252ull;
	if (!strcmp(kind, "random")) {
		for (size_t at = 0; at < bytes; at += sizeof(uint64_t))
			*(uint64_t *)(memory + at) = next_random(&state);
		return;
	}
	if (!strcmp(kind, "zero")) {
		memset(memory, 0, bytes);
		return;
	}
	for (size_t at = 0; at < bytes; at += 64)
		snprintf(memory + at, 64, "%s line %zu of anonymous memory", kind, at / 64);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: hold text|random|zero|huge|hugetlb MIB\n");
		return 2;
	}
	const char *kind = argv[1];
	size_t bytes = strtoul(argv[2], NULL, 10) << 20;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (strcmp(kind, "hugetlb") ? 0 : MAP_HUGETLB);
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory == MAP_FAILED) {
		perror(kind);
		return 1;
	}
	madvise(memory, bytes, strcmp(kind, "huge") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	fill(memory, bytes, kind);
	printf("held %s\n", kind);
	fflush(stdout);
	for (;;)
		pause();
}
