// A library for /etc/ld.so.preload of a capture image: 64 KiB of the dead kernel's text cannot be read, by whatever
// part of /proc/vmcore they are asked for; everything else can. As with the kernel, a call that touches them fails
// whole (Linux, fs/proc/vmcore.c, read_vmcore and mmap_vmcore).
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_SEGMENTS = 256, MAX_RANGES = 8, INTO_TEXT = 1 << 20, LENGTH = 64 << 10 };
static const uint64_t text_start = 0xffffffff80000000; // x86: where the kernel's image is mapped, at the least

static struct range {
	uint64_t from, to; // offsets in the file
} ranges[MAX_RANGES];
static int count;
static struct stat vmcore;

static void add_ranges(const Elf64_Phdr *segments, int n, uint64_t from)
{
	for (int i = 0; i < n && count < MAX_RANGES; i++) {
		const Elf64_Phdr *s = &segments[i];
		if (s->p_type == PT_LOAD && s->p_paddr <= from && from + LENGTH <= s->p_paddr + s->p_filesz) {
			uint64_t at = s->p_offset + from - s->p_paddr;
			ranges[count++] = (struct range){at, at + LENGTH};
		}
	}
}

__attribute__((constructor)) static void find_ranges(void)
{
	static Elf64_Phdr segments[MAX_SEGMENTS];
	Elf64_Ehdr header;
	int fd = open("/proc/vmcore", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &vmcore) != 0 || read(fd, &header, sizeof header) != sizeof header || header.e_phnum > MAX_SEGMENTS)
		abort();
	ssize_t size = (ssize_t)header.e_phnum * (ssize_t)sizeof *segments;
	if (syscall(SYS_pread64, fd, segments, size, header.e_phoff) != size)
		abort();
	close(fd);
	for (int i = 0; i < header.e_phnum && count == 0; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_vaddr >= text_start)
			add_ranges(segments, header.e_phnum, segments[i].p_paddr + INTO_TEXT);
	if (count == 0)
		abort();
}

static int touches(int fd, uint64_t offset, uint64_t length)
{
	struct stat status;
	if (count == 0 || fstat(fd, &status) != 0 || status.st_ino != vmcore.st_ino || status.st_dev != vmcore.st_dev)
		return 0;
	for (int i = 0; i < count; i++)
		if (offset < ranges[i].to && offset + length > ranges[i].from)
			return 1;
	return 0;
}

ssize_t pread64(int fd, void *to, size_t length, off64_t offset)
{
	if (touches(fd, (uint64_t)offset, length)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, to, length, offset);
}

ssize_t pread(int fd, void *to, size_t length, off_t offset) __attribute__((alias("pread64")));

void *mmap64(void *where, size_t length, int protection, int flags, int fd, off64_t offset)
{
	if (!(flags & MAP_ANONYMOUS) && touches(fd, (uint64_t)offset, length)) {
		errno = EAGAIN;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, where, length, protection, flags, fd, offset);
}

void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t offset) __attribute__((alias("mmap64")));
