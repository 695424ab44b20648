// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kallsyms.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/architecture.h"
#include "tests/unit/makedumpfile/support/fake_kallsyms.h"

namespace kdump {
namespace {

using test::FakeKallsyms;
using test::FakeKernel;
using test::KallsymsAddresses;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr uint64_t kImage = FakeKernel::kImageBase;
constexpr uint64_t kWrongRoot = kImage + 0x123000;

struct Kallsyms : ::testing::TestWithParam<KallsymsAddresses> {
  Result<SymbolAddresses> look_up(std::vector<std::string_view> wanted) {
    const AddressSpace space(kernel.vmcore(), kX86_64.page_table(Vmcoreinfo(kernel.vmcoreinfo())));
    const Facts facts(Vmcoreinfo(kernel.vmcoreinfo() + more_lines));
    return look_up_kallsyms(TRY(told_kallsyms(facts)), facts, space, wanted);
  }
  std::string error(std::vector<std::string_view> wanted = {"_text"}) {
    const auto found = look_up(std::move(wanted));
    return found ? "no error" : found.error().message();
  }
  FakeKernel kernel;
  FakeKallsyms symbols{kernel, GetParam()};
  std::string more_lines;
};

std::string name_of_encoding(const testing::TestParamInfo<KallsymsAddresses>& info) {
  return std::array{"plain", "from_base", "absolute_percpu", "from_place"}[static_cast<size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Encodings, Kallsyms,
                         testing::Values(KallsymsAddresses::plain, KallsymsAddresses::from_base,
                                         KallsymsAddresses::absolute_percpu, KallsymsAddresses::from_place),
                         name_of_encoding);

TEST_P(Kallsyms, TellsTheAddressesOfWhatIsWantedAndThere) {
  symbols.add('T', "_text", kImage + 0x20000);
  symbols.add('t', "some_static", kImage + 0x20010);
  symbols.add('D', "__per_cpu_offset", kImage + 0x3000000);
  EXPECT_THAT(look_up({"_text", "__per_cpu_offset", "_end"}).value(),
              ElementsAre(Pair("__per_cpu_offset", VirtAddr(kImage + 0x3000000)),
                          Pair("_text", VirtAddr(kImage + 0x20000))));
}

// Every other encoding gives another address for the page tables' root.
TEST_P(Kallsyms, NoneIsTakenThatContradictsVmcoreinfo) {
  symbols.add('T', "_text", kImage + 0x20000);
  more_lines = fmt::format("SYMBOL(init_top_pgt)={:x}\n", kWrongRoot);
  EXPECT_THAT(error(), HasSubstr("symbols of VMCOREINFO is where the table has it"));
}

TEST_P(Kallsyms, NamesCanBeLongerThan127Tokens) {
  const std::string name = "_RNv" + std::string(400, 'x');
  symbols.add('t', name, kImage + 0x20000);
  symbols.add('t', std::string(1000, 'y'), kImage + 0x20008);  // longer than any: read over
  symbols.add('B', "_end", kImage + 0x30000);
  EXPECT_THAT(look_up({name, "_end"}).value(),
              ElementsAre(Pair(name, VirtAddr(kImage + 0x20000)), Pair("_end", VirtAddr(kImage + 0x30000))));
}

// Names run over the chunks in which they are read.
TEST_P(Kallsyms, FindsTheLastOfManySymbols) {
  for (int i = 0; i < 5000; ++i) symbols.add('t', fmt::format("function_number_{}", i), kImage + 0x20000);
  symbols.add('B', "_end", kImage + 0x30000);
  EXPECT_THAT(look_up({"_end"}).value(), ElementsAre(Pair("_end", VirtAddr(kImage + 0x30000))));
}

using KallsymsTable = Kallsyms;
INSTANTIATE_TEST_SUITE_P(One, KallsymsTable, testing::Values(KallsymsAddresses::from_base), name_of_encoding);

TEST_P(KallsymsTable, AGlobalSymbolCountsBeforeLocalOnes) {
  symbols.add('d', "prb", kImage + 0x20000);
  symbols.add('D', "prb", kImage + 0x20008);
  symbols.add('d', "prb", kImage + 0x20010);
  EXPECT_THAT(look_up({"prb"}).value(), ElementsAre(Pair("prb", VirtAddr(kImage + 0x20008))));
}

TEST_P(KallsymsTable, TwoOfARankAreNone) {
  symbols.add('d', "prb", kImage + 0x20000);
  symbols.add('d', "prb", kImage + 0x20008);
  EXPECT_THAT(look_up({"prb"}).value(), IsEmpty());
}

TEST_P(KallsymsTable, WhatVmcoreinfoDoesNotTellIsNamed) {
  kernel.replace_line("SYMBOL(kallsyms_token_index)", "");
  EXPECT_THAT(error(), HasSubstr("SYMBOL(kallsyms_token_index)"));
}

TEST_P(KallsymsTable, WithoutAddressesNothingAgrees) {
  kernel.replace_line("SYMBOL(kallsyms_offsets)", "");
  EXPECT_THAT(error(), HasSubstr("none of the"));
}

// What VMCOREINFO tells of mem_section is not the variable's address.
TEST_P(KallsymsTable, ItsEncodingIsNotKnownByMemSection) {
  symbols.add('B', "mem_section", kImage + 0x20000);
  kernel.replace_line("SYMBOL(init_top_pgt)",
                      fmt::format("SYMBOL(swapper_pg_dir)={:x}", kImage + kernel.root()));
  more_lines = fmt::format("SYMBOL(mem_section)={:x}\n", kImage + 0x20000);
  EXPECT_THAT(error(), HasSubstr("none of the"));
}

TEST_P(KallsymsTable, RefusesCountsThatNoKernelHas) {
  for (const uint32_t count : {0U, 0xffffffffU, (8U << 20) + 1}) {
    kernel.vmcore().put_value<le32>(FakeKallsyms::kNumSyms, count);
    EXPECT_THAT(error(), HasSubstr(fmt::format("kallsyms_num_syms is {}", count)));
  }
}

TEST_P(KallsymsTable, ASymbolWithoutANameEndsIt) {
  kernel.vmcore().put_value<le32>(FakeKallsyms::kNumSyms, 8U << 20);
  EXPECT_THAT(error(), HasSubstr("symbol 1 has no name"));
}

TEST_P(KallsymsTable, NamesWithoutAnEndStopWhereMemoryDoes) {
  kernel.vmcore().put_value<le32>(FakeKallsyms::kNumSyms, 8U << 20);
  const ByteVector names(FakeKernel::kMemorySize - FakeKallsyms::kNames, std::byte{1});
  kernel.vmcore().put(FakeKallsyms::kNames + 4096, Bytes(names).first(names.size() - 4096));
  EXPECT_THAT(error(), HasSubstr("kallsyms_"));
}

TEST_P(KallsymsTable, ATokenWithoutAnEndIsAnError) {
  const ByteVector letters(4096, std::byte{'x'});
  kernel.vmcore().put(FakeKallsyms::kTokenTable, letters);
  EXPECT_THAT(error(), HasSubstr("the last token has no end"));
}

TEST_P(KallsymsTable, UnreadableTablesAreNamed) {
  kernel.vmcore().break_page(FakeKallsyms::kNames);
  EXPECT_THAT(error(), HasSubstr("kallsyms_names: "));
  kernel.vmcore().break_page(FakeKallsyms::kTokenIndex);
  EXPECT_THAT(error(), HasSubstr("kallsyms_token_index: "));
}

// What lies behind the names may be unreadable.
TEST_P(KallsymsTable, NothingBehindTheNamesIsNeeded) {
  kernel.vmcore().break_page(FakeKallsyms::kNames + 4096);
  symbols.add('T', "_text", kImage + 0x20000);
  EXPECT_THAT(look_up({"_text"}).value(), ElementsAre(Pair("_text", VirtAddr(kImage + 0x20000))));
}

using KallsymsPercpu = Kallsyms;
INSTANTIATE_TEST_SUITE_P(One, KallsymsPercpu, testing::Values(KallsymsAddresses::absolute_percpu),
                         name_of_encoding);

TEST_P(KallsymsPercpu, OffsetsIntoTheAreaStayOffsets) {
  symbols.add('A', "__per_cpu_start", 0);
  symbols.add('D', "current_task", 0x1fb80);
  EXPECT_THAT(look_up({"__per_cpu_start", "current_task"}).value(),
              ElementsAre(Pair("__per_cpu_start", VirtAddr(0)), Pair("current_task", VirtAddr(0x1fb80))));
}

}  // namespace
}  // namespace kdump
