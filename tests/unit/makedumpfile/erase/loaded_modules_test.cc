// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/loaded_modules.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_modules.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeModuleList;
using test::FakeSymbol;
using test::FakeTypes;
using test::ModuleShape;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

constexpr uint64_t kHead = FakeKernel::kImageBase + 0x200000;

// One for each way in which kernels have differed.
constexpr ModuleShape kShapes[] = {
    {.has_kallsyms = false, .has_notes = true},    // until 4.4
    {},                                            // 5.10, 6.1, 6.12
    {.has_kallsyms = true, .notes_attrs_at = 56},  // 7.2
    {.has_kallsyms = true, .has_notes = false},    // without CONFIG_SYSFS
};

class LoadedModules : public ::testing::TestWithParam<ModuleShape> {
 protected:
  LoadedModules() { FakeModuleList::declare(types_, kHead, GetParam()); }

  VirtualReader& memory() {
    if (!info_) info_.emplace(*kernel_.info());
    if (!reader_) reader_.emplace(*info_->address_space().reader());
    return *reader_;
  }
  ModuleLayout layout() { return *module_layout(types_); }

  FakeTypes types_;
  FakeKernel kernel_;
  FakeModuleList list_{kernel_, kHead, GetParam()};
  std::optional<KernelInfo> info_;
  std::optional<VirtualReader> reader_;
};

INSTANTIATE_TEST_SUITE_P(Shapes, LoadedModules, ::testing::ValuesIn(kShapes));

TEST_P(LoadedModules, AreFoundByName) {
  const uint64_t ext4 = list_.add("ext4", {});
  const uint64_t sound = list_.add("snd_hda_intel", {});
  const auto found = loaded_modules(memory(), layout(), VirtAddr(kHead));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(*found, ElementsAre(Pair("ext4", VirtAddr(ext4)), Pair("snd_hda_intel", VirtAddr(sound))));
}

TEST_P(LoadedModules, NoneAtAll) {
  const auto found = loaded_modules(memory(), layout(), VirtAddr(kHead));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(*found, IsEmpty());
}

TEST_P(LoadedModules, ANameHasAnEnd) {
  list_.add(std::string(200, 'n'), {});
  EXPECT_THAT(*loaded_modules(memory(), layout(), VirtAddr(kHead)), ElementsAre(Key(std::string(56, 'n'))));
}

TEST_P(LoadedModules, AListThatDoesNotComeBackIsDamaged) {
  list_.add("one", {});
  const uint64_t two = list_.add("two", {});
  list_.link(list_.add("three", {}) + FakeModuleList::kList, two + FakeModuleList::kList);
  const auto found = loaded_modules(memory(), layout(), VirtAddr(kHead));
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("does not come back"));
}

TEST_P(LoadedModules, AListThatLeadsNowhereIsDamaged) {
  list_.link(list_.add("one", {}) + FakeModuleList::kList, 0x1234);
  EXPECT_FALSE(loaded_modules(memory(), layout(), VirtAddr(kHead)));
}

TEST_P(LoadedModules, TellTheirSymbols) {
  std::vector<FakeSymbol> symbols;
  for (int i = 0; i < 300; ++i) symbols.push_back({fmt::format("filler{}", i), 0x100});
  symbols.push_back({"secret", 0xffffffffc0001000});
  symbols.push_back({"secretary", 0xffffffffc0002000});
  symbols.push_back({"elsewhere", 0xffffffffc0003000, true, 0});
  const VirtAddr module(list_.add("mod", symbols));
  const auto found =
      symbols_of_module(memory(), layout(), module, {"elsewhere", "filler299", "secret", "secretar"});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(*found,
              ElementsAre(Pair("filler299", VirtAddr(0x100)), Pair("secret", VirtAddr(0xffffffffc0001000))));
}

TEST_P(LoadedModules, AGlobalSymbolIsMeantAmongSeveral) {
  const VirtAddr module(list_.add("mod", {{"a", 1}, {"a", 2, true}, {"a", 3}, {"b", 4}, {"b", 5}}));
  EXPECT_THAT(*symbols_of_module(memory(), layout(), module, {"a"}), ElementsAre(Pair("a", VirtAddr(2))));
  const auto several = symbols_of_module(memory(), layout(), module, {"b"});
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message(), HasSubstr("several symbols are named 'b'"));
  EXPECT_EQ(several.error().kind(), ErrorKind::unsupported);
}

TEST_P(LoadedModules, ATableThatCannotBeIsDamaged) {
  const uint64_t module = list_.add("mod", {{"a", 1}});
  const uint64_t table = module + FakeModuleList::kKallsyms;
  if (GetParam().has_kallsyms) {
    list_.put(table, 0x1234);
  } else {
    list_.put(table + 8, UINT32_MAX);
  }
  const auto found = symbols_of_module(memory(), layout(), VirtAddr(module), {"a"});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().kind(), ErrorKind::unsupported);
}

TEST_P(LoadedModules, TellTheirBuildId) {
  const VirtAddr with(list_.add("with", {}, "\x12\xab\x03\x04"));
  const VirtAddr without(list_.add("without", {}));
  EXPECT_EQ(build_id_of_module(memory(), layout(), with), GetParam().has_notes ? "12ab0304" : "");
  EXPECT_EQ(build_id_of_module(memory(), layout(), without), "");
}

TEST(ModuleLayout, NeedsTypesThatAreKnown) {
  FakeTypes types;
  const auto layout = module_layout(types);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().message(),
            "vmlinux: struct module has no member 'list': this kernel's modules are not known");
}

}  // namespace
}  // namespace kdump
