// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kallsyms_search.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/architecture.h"
#include "tests/unit/makedumpfile/support/fake_old_kallsyms.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeOldKallsyms;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr uint64_t kImage = FakeKernel::kImageBase;
constexpr VirtRange kImageArea = {VirtAddr(kImage), VirtAddr(kImage + (uint64_t{1} << 30))};
struct KallsymsSearch : ::testing::Test {
  void put(uint64_t physical, const FakeOldKallsyms& written) {
    const std::string bytes = written.joined();
    kernel.vmcore().put(physical, bytes_of(std::string_view(bytes)));
  }
  // The tables so that the index of tokens begins at `physical`.
  void put_index_at(uint64_t physical, const FakeOldKallsyms& written) {
    put(physical + written.index.size() - written.joined().size(), written);
  }
  AddressSpace space() { return {kernel.vmcore(), kX86_64.page_table(Vmcoreinfo(kernel.vmcoreinfo()))}; }
  Result<KallsymsTables> search() { return search_kallsyms(space(), kImageArea); }
  SymbolAddresses look_up(const KallsymsTables& found) {
    constexpr std::array<std::string_view, 2> kWanted = {"function_number_0", "function_number_699"};
    return look_up_kallsyms(found, Facts(Vmcoreinfo(kernel.vmcoreinfo())), space(), kWanted).value();
  }
  FakeKernel kernel;
  FakeOldKallsyms tables{kernel};
};

TEST_F(KallsymsSearch, FindsTheTablesAndWhatTheyTell) {
  put(0x400008, tables);
  const auto found = search();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->offsets, VirtAddr(kImage + 0x400008));
  EXPECT_THAT(look_up(*found),
              ElementsAre(Pair("function_number_0", VirtAddr(FakeOldKallsyms::kRelativeBase)),
                          Pair("function_number_699",
                               VirtAddr(FakeOldKallsyms::kRelativeBase + 699U * uint64_t{16}))));
}

TEST_F(KallsymsSearch, FindsPlainAddresses) {
  put(0x400008, FakeOldKallsyms(kernel, false));
  const auto found = search();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->addresses, VirtAddr(kImage + 0x400008));
  EXPECT_THAT(look_up(*found),
              ElementsAre(Pair("function_number_0", VirtAddr(FakeOldKallsyms::kRelativeBase)),
                          Pair("function_number_699",
                               VirtAddr(FakeOldKallsyms::kRelativeBase + 699U * uint64_t{16}))));
}

// At the edges of what is read at once, and of memory.
TEST_F(KallsymsSearch, FindsAnIndexWhereverItBegins) {
  for (const uint64_t place : {0x40fff8U, 0x410000U, 0x40fe00U, 0x40fe08U, 0xfffe00U}) {
    FakeKernel fresh;
    kernel = std::move(fresh);
    put_index_at(place, tables);
    const auto found = search();
    ASSERT_TRUE(found) << place << found.error().message();
    EXPECT_EQ(found->token_index, VirtAddr(kImage + place));
  }
}

// With KASLR the image begins anywhere, and parts of it are unmapped.
TEST_F(KallsymsSearch, LooksBeyondHoles) {
  constexpr uint64_t kFar = uint64_t{512} << 20;
  kernel.vmcore().add_memory(kFar, 1 << 20);
  for (uint64_t at = 0; at < 1 << 20; at += 4096) kernel.map(kImage + kFar + at, kFar + at, 12);
  put(kFar + 0x8000, tables);
  const auto found = search();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->offsets, VirtAddr(kImage + kFar + 0x8000));
}

TEST_F(KallsymsSearch, AWindowThatCannotBeReadIsLeftOut) {
  kernel.vmcore().break_page(0x300000);
  put(0x400008, tables);
  EXPECT_TRUE(search());
}

TEST_F(KallsymsSearch, AnIndexWithOtherThingsBeforeItIsNone) {
  kernel.vmcore().put(0x300000, bytes_of(std::string_view(tables.index)));
  EXPECT_THAT(search().error().message(), HasSubstr("nowhere in the kernel image"));
  put(0x400008, tables);
  EXPECT_EQ(search().value().offsets, VirtAddr(kImage + 0x400008));
}

TEST_F(KallsymsSearch, EveryTableMustFitTheOthers) {
  using Change = void (*)(FakeOldKallsyms&);
  const Change changes[] = {
      [](FakeOldKallsyms& t) { t.tokens[300] = '\0'; },  // a token of two halves
      [](FakeOldKallsyms& t) { t.markers[4] ^= 1; },     // the second marker
      [](FakeOldKallsyms& t) { t.markers.clear(); },
      [](FakeOldKallsyms& t) { t.markers.replace(8, 4, "\xff\xff\xff\xff"); },  // the last one
      [](FakeOldKallsyms& t) {
        t.count.replace(0, 8, text_of(bytes_of(le64(769))));
      },  // three markers are 768 at most
      [](FakeOldKallsyms& t) { t.count.replace(0, 8, text_of(bytes_of(le64(512)))); },
      [](FakeOldKallsyms& t) { t.names[0] = 0; },
      [](FakeOldKallsyms& t) { t.index[1] = 1; },
  };
  for (const Change change : changes) {
    FakeKernel fresh;
    kernel = std::move(fresh);
    FakeOldKallsyms changed(kernel);
    change(changed);
    put(0x400008, changed);
    EXPECT_FALSE(search()) << &change - changes;
  }
}

TEST_F(KallsymsSearch, AKernelThatDoesNotTellIsSearched) {
  put(0x400008, tables);
  kernel.line(fmt::format("SYMBOL(_stext)={:x}", kImage));
  const auto info = kernel.info();
  EXPECT_THAT(info->provider_notes(), ElementsAre(HasSubstr("SYMBOL(__start_BTF)")));
}

}  // namespace
}  // namespace kdump
