// SPDX-License-Identifier: GPL-2.0-or-later
// What a vmlinux looks like, in small: compiled with debug information for debug_info_test.cc. The shapes are
// those of a kernel, the numbers are not.

typedef struct {
  unsigned long bits[4];
} nodemask_t;
typedef struct {
  long counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

struct list_head {
  struct list_head *next, *prev;
};

enum pageflags { PG_locked, PG_lru = 5, PG_head = 6, PG_hwpoison = 21 };
// Not representable as a signed byte, and negative.
enum pagetype { PGTY_buddy = 0xf0, PGTY_offline = 0xf1 };
enum other { negative = -7 };

struct page {
  unsigned long flags;
  union {
    struct {
      union {
        struct list_head lru;
        struct {
          void* filler;
          unsigned int mlock_count;
        };
      };
      void* mapping;
      unsigned long private_data;
    };
    struct {
      unsigned long compound_info;
    };
  };
  union {
    int _mapcount;
    unsigned int page_type;
  };
  unsigned int bit_field : 3;
  unsigned int other_bit_field : 5;
};

struct free_area {
  struct list_head free_list[6];
};
struct zone {
  nodemask_t mask;
  struct free_area free_area[11];
  char flexible[];
};

extern struct zone* node_data[];  // as in a header: no bound here
struct zone* node_data[64];
struct zone** mem_section;
atomic_long_t counter;
enum other other;
long per_cpu_counter __attribute__((section(".data..percpu")));

const char linux_banner[] = "Linux version 6.1.0-fixture (somebody@somewhere) #1 SMP";

int main(void) {
  struct page page = {.flags = 1UL << PG_lru | 1UL << PG_head, ._mapcount = PGTY_buddy};
  static int local = 4;
  return (int)page.flags + local + (int)counter.counter + (mem_section == node_data);
}
