// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/watched_memory.h"

#include <atomic>
#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
// As compiler-rt's sanitizer/allocator_interface.h has them, which GCC does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, size_t),
                                                         void (*free_hook)(const volatile void*));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void* block);
#define KDUMP_HEAP_HOOKS 1
#endif

namespace kdump::test {
namespace {

std::atomic<int64_t> in_use = 0, peak = 0;

#ifdef KDUMP_HEAP_HOOKS
void allocated(const volatile void* /*block*/, size_t size) {
  const int64_t now = in_use.fetch_add(static_cast<int64_t>(size)) + static_cast<int64_t>(size);
  for (int64_t before = peak; now > before && !peak.compare_exchange_weak(before, now);) {
  }
}

void freed(const volatile void* block) {
  if (block != nullptr) in_use -= static_cast<int64_t>(__sanitizer_get_allocated_size(block));
}
#endif

}  // namespace

#ifdef KDUMP_HEAP_HOOKS
bool heap_is_watched() { return true; }

void watch_heap() {
  [[maybe_unused]] static const int installed = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  in_use = 0;
  peak = 0;
}
#else
bool heap_is_watched() { return false; }

void watch_heap() {}
#endif

uint64_t peak_of_heap() { return static_cast<uint64_t>(peak.load()); }

}  // namespace kdump::test
