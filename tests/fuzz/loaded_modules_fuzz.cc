// SPDX-License-Identifier: GPL-2.0-or-later
// The list of modules, a module's table of symbols and its notes, in memory that the input covers.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/erase/loaded_modules.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_modules.h"

namespace {

using namespace kdump;
using namespace kdump::test;

constexpr uint64_t kPlace = 0x400000;
constexpr uint64_t kModules = FakeKernel::kImageBase + kPlace;

struct Fixture {
  FuzzedKernel fuzzed;
  ModuleLayout layout;

  Fixture() {
    FakeTypes types;
    FakeModuleList::declare(types, kModules);
    layout = *module_layout(types);
    FakeModuleList list(fuzzed.kernel, kModules);
    list.add("mod", {{"first", 0x1000}, {"own", 0x2000, true}, {"own", 0x3000}}, "\x12\xab");
    list.add("another", {{"own", 0x4000}});
  }
};

void check(bool holds) {
  if (!holds) std::abort();
}

// Going through a table of the most symbols takes a second: so many show the same, and more than the most are
// still refused.
constexpr uint32_t kSymbols = 1024, kTooMany = 1U << 18;

bool is_quick(VirtualReader& memory, const ModuleLayout& layout, VirtAddr module) {
  uint64_t place = module.value();
  if (layout.kallsyms) place = memory.read_value<le64>(module + *layout.kallsyms).value_or(0);
  const uint32_t count = memory.read_value<le32>(VirtAddr(place) + layout.num_symtab).value_or(0);
  return count <= kSymbols || count > kTooMany;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  const std::vector<std::string> names = {"first", "own"};
  const KernelInfo& kernel = fixture.fuzzed.with(std::as_bytes(std::span(data, size)), kPlace);
  VirtualReader memory = *kernel.address_space().reader();
  const auto modules = loaded_modules(memory, fixture.layout, VirtAddr(kModules));
  if (!modules) return 0;
  size_t left = 8;
  for (const auto& [name, module] : *modules) {
    check(name.size() <= FakeModuleList::kNameSize);
    if (left == 0 || !is_quick(memory, fixture.layout, module)) continue;
    --left;
    const auto symbols = symbols_of_module(memory, fixture.layout, module, names);
    check(!symbols || symbols->size() <= names.size());
    check(build_id_of_module(memory, fixture.layout, module).size() <= 128);
  }
  return 0;
}
