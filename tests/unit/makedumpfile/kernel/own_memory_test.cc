// SPDX-License-Identifier: GPL-2.0-or-later
// Facts from a kernel's own memory, from VMCOREINFO to KernelInfo.
#include "makedumpfile/kernel/own_memory.h"

#include <gmock/gmock.h>

#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/kernel/wanted_facts.h"
#include "tests/unit/makedumpfile/support/fake_btf.h"
#include "tests/unit/makedumpfile/support/fake_kallsyms.h"

namespace kdump {
namespace {

using test::FakeBtf;
using test::FakeKallsyms;
using test::FakeKernel;
using test::KallsymsAddresses;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kImage = FakeKernel::kImageBase;
constexpr uint64_t kBtf = 0x600000;

struct OwnMemory : ::testing::Test {
  // The kernel's types; call once.
  void put_types(const FakeBtf& btf) {
    const ByteVector raw = btf.bytes();
    kernel.vmcore().put(kBtf, raw);
    symbols.add('R', "__start_BTF", kImage + kBtf);
    symbols.add('R', "__stop_BTF", kImage + kBtf + raw.size());
  }
  KernelInfo info() { return kernel.info().value(); }
  FakeKernel kernel;
  FakeKallsyms symbols{kernel, KallsymsAddresses::from_place};
};

std::optional<Fact> fact(const KernelInfo& info, std::string_view key) { return info.facts().find(key); }

TEST_F(OwnMemory, TellsSymbolsAndTypesThatVmcoreinfoDoesNot) {
  FakeBtf btf;
  btf.structure("pglist_data", 4096, {{"vm_stat", btf.long_type(), 1024}});
  btf.enumeration("node_stat_item", {{"NR_SHMEM", 23}});
  symbols.add('T', "_text", kImage + 0x20000);
  put_types(btf);
  const KernelInfo kernel_info = info();
  EXPECT_EQ(fact(kernel_info, "SYMBOL(_text)")->value, static_cast<int64_t>(kImage + 0x20000));
  EXPECT_EQ(fact(kernel_info, "SYMBOL(_text)")->source, FactSource::kallsyms);
  EXPECT_EQ(fact(kernel_info, "OFFSET(pglist_data.vm_stat)")->value, 1024);
  EXPECT_EQ(fact(kernel_info, "OFFSET(pglist_data.vm_stat)")->source, FactSource::btf);
  EXPECT_EQ(fact(kernel_info, "NUMBER(NR_SHMEM)")->value, 23);
  EXPECT_THAT(kernel_info.provider_notes(), IsEmpty());
}

TEST_F(OwnMemory, NeverReplacesWhatVmcoreinfoSays) {
  FakeBtf btf;
  btf.structure("page", 128, {{"flags", btf.long_type(), 8}});
  symbols.add('T', "_stext", kImage + 0x20000);
  put_types(btf);
  kernel.line("SIZE(page)=64");
  kernel.line(fmt::format("SYMBOL(_stext)={:x}", kImage + 0x30000));
  const KernelInfo kernel_info = info();
  EXPECT_EQ(kernel_info.facts().size("page"), 64U);
  EXPECT_EQ(kernel_info.facts().symbol("_stext"), VirtAddr(kImage + 0x30000));
  EXPECT_EQ(kernel_info.facts().offset("page.flags"), 8U);
}

TEST_F(OwnMemory, StoresOnlyWhatIsWanted) {
  FakeBtf btf;
  btf.structure("nobody_asks_for_it", 8, {{"member", btf.long_type(), 0}});
  symbols.add('T', "nobody_asks_for_me", kImage + 0x20000);
  put_types(btf);
  const KernelInfo kernel_info = info();
  for (const auto& [key, fact] : kernel_info.facts().all())
    EXPECT_THAT(key, ::testing::Not(HasSubstr("nobody")));
}

// 6.12 on: a number in the top byte. VMCOREINFO of 7.2 has the same -268435456 and -184549376.
TEST_F(OwnMemory, PageTypesThatAreNumbers) {
  FakeBtf btf;
  btf.enumeration("pagetype", {{"PGTY_buddy", 0xf0}, {"PGTY_slab", 0xf5}});
  put_types(btf);
  const KernelInfo kernel_info = info();
  EXPECT_EQ(kernel_info.facts().number("PAGE_BUDDY_MAPCOUNT_VALUE"), -268435456);
  EXPECT_EQ(kernel_info.facts().number("PAGE_SLAB_MAPCOUNT_VALUE"), -184549376);
}

TEST_F(OwnMemory, PageTypesThatAreBits) {
  FakeBtf btf;
  btf.enumeration("pagetype", {{"PG_buddy", 0x40000000}, {"PG_offline", 0x20000000}});
  put_types(btf);
  const KernelInfo kernel_info = info();
  EXPECT_EQ(kernel_info.facts().number("PAGE_BUDDY_MAPCOUNT_VALUE"), ~0x40000000);
  EXPECT_EQ(kernel_info.facts().number("PAGE_OFFLINE_MAPCOUNT_VALUE"), ~0x20000000);
}

TEST_F(OwnMemory, TheHeadFlagIsAMask) {
  FakeBtf btf;
  btf.enumeration("pageflags", {{"PG_head", 6}});
  put_types(btf);
  EXPECT_EQ(info().facts().number("PG_head_mask"), 64);
}

TEST_F(OwnMemory, AKernelWithoutTypesIsSaidToBeOne) {
  symbols.add('T', "_text", kImage + 0x20000);
  EXPECT_THAT(info().provider_notes(), ElementsAre(HasSubstr("SYMBOL(__start_BTF)")));
}

TEST_F(OwnMemory, BrokenTypesLeaveALineAndNoFact) {
  symbols.add('R', "__start_BTF", kImage + kBtf);
  symbols.add('R', "__stop_BTF", kImage + kBtf + 4096);
  const KernelInfo kernel_info = info();
  EXPECT_THAT(kernel_info.provider_notes(), ElementsAre(HasSubstr("BTF: magic 0x0")));
  EXPECT_TRUE(kernel_info.facts().has("SYMBOL(__start_BTF)"));
}

TEST(OwnMemoryOfOthers, AKernelWithoutATableIsSaidToBeOne) {
  FakeKernel kernel;
  EXPECT_THAT(kernel.info()->provider_notes(),
              ElementsAre(HasSubstr("no SYMBOL(kallsyms_num_syms): kallsyms is nowhere in"),
                          HasSubstr("SYMBOL(__start_BTF)")));
}

TEST(OwnMemoryOfOthers, WithoutPageTablesThatIsTheReason) {
  FakeKernel kernel;
  kernel.vmcore().set_machine(elf::EM_S390);
  EXPECT_THAT(kernel.info()->provider_notes(),
              ElementsAre(HasSubstr("own memory: fake: the page tables of")));
}

TEST(WantedFacts, EveryRowSaysWhereToLook) {
  for (const WantedFact& wanted : wanted_facts()) {
    ASSERT_TRUE(kind_of(wanted.key)) << wanted.key;
    const FactPlace place = place_of(wanted);
    const bool has_name = place.kind != FactKind::size;
    const bool has_owner = place.kind != FactKind::symbol;
    EXPECT_EQ(place.name.empty(), !has_name) << wanted.key;
    EXPECT_EQ(place.owner.empty(), !has_owner) << wanted.key;
  }
}

TEST(WantedFacts, PlacesAreTheKeysUnlessTheySayOtherwise) {
  const FactPlace symbol = place_of({"SYMBOL(_text)"});
  EXPECT_EQ(symbol.name, "_text");
  const FactPlace length = place_of({"LENGTH(printk_info_subsystem)", "dev_printk_info.subsystem"});
  EXPECT_EQ(length.kind, FactKind::length);
  EXPECT_EQ(length.owner, "dev_printk_info");
  EXPECT_EQ(length.name, "subsystem");
  EXPECT_FALSE(kind_of("OSRELEASE"));
}

}  // namespace
}  // namespace kdump
