// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/vmcoreinfo_search.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/address_space.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A dead kernel of 16 MiB whose dump has no VMCOREINFO note: the note lies in its memory, or does not.
class VmcoreinfoSearch : public ::testing::Test {
 protected:
  static constexpr uint64_t kUtsname = 0x600000;  // physical
  static constexpr uint64_t kPlace = 0x777000;

  VmcoreinfoSearch() {
    kernel_.line(fmt::format("SYMBOL(init_uts_ns)={:x}", FakeKernel::kImageBase + kUtsname));
    put_release("6.1.0-test");
  }

  void put_release(const char* release) {
    diskdump::UtsName name{};
    strncpy(name.release, release, sizeof name.release - 1);
    memory().put(kUtsname + 4, bytes_of(name));
  }
  // A note in memory; `name` of 10 letters.
  void put_note(uint64_t place, std::string_view text, std::string_view name = "VMCOREINFO",
                uint32_t type = 0) {
    memory().put(place, test::note_bytes(name, type, bytes_of(text)));
  }
  [[nodiscard]] std::string crashed() const { return kernel_.vmcoreinfo() + "CRASHTIME=1700000000\n"; }
  test::FakeVmcore& memory() { return kernel_.vmcore(); }

  std::string found() {
    const auto note = search_vmcoreinfo(memory());
    EXPECT_TRUE(note) << note.error().message();
    return note && *note ? fmt::format("{:#x}: {}", (*note)->place.value(), (*note)->text) : "";
  }

  FakeKernel kernel_;
};

TEST_F(VmcoreinfoSearch, FindsTheNoteAtTheBeginningOfAPage) {
  EXPECT_EQ(found(), "");
  put_note(kPlace + 64, kernel_.vmcoreinfo());
  EXPECT_EQ(found(), "");
  put_note(kPlace, kernel_.vmcoreinfo());
  EXPECT_EQ(found(), fmt::format("{:#x}: {}", kPlace, kernel_.vmcoreinfo()));
}

TEST_F(VmcoreinfoSearch, TakesOnlyWhatLeadsToTheKernelItTellsOf) {
  put_note(kPlace, kernel_.vmcoreinfo());
  for (const char* other : {"6.1.0-other", "6.1.0-test2", "6.1.0", "A6.1.0-test", ""}) {
    put_release(other);
    EXPECT_EQ(found(), "");
  }
  put_release("6.1.0-test");
  kernel_.replace_line("SYMBOL(init_top_pgt)",
                       fmt::format("SYMBOL(init_top_pgt)={:x}", FakeKernel::kImageBase));
  put_note(kPlace, kernel_.vmcoreinfo());
  EXPECT_EQ(found(), "");
  for (const char* needed : {"SYMBOL(init_top_pgt)", "SYMBOL(init_uts_ns)", "OSRELEASE"}) {
    kernel_.replace_line(needed, "");
    put_note(kPlace, kernel_.vmcoreinfo());
    EXPECT_EQ(found(), "");
  }
}

TEST_F(VmcoreinfoSearch, TakesNothingThatIsNoSuchNote) {
  put_note(kPlace, kernel_.vmcoreinfo(), "VMCOREINFX");
  put_note(kPlace + 0x1000, kernel_.vmcoreinfo(), "VMCOREINFO", 1);
  put_note(kPlace + 0x2000, "");
  put_note(kPlace + 0x3000, kernel_.vmcoreinfo());
  memory().put_value<le32>(kPlace + 0x3004, 1U << 20);  // n_descsz
  put_note(kPlace + 0x4000, kernel_.vmcoreinfo());
  memory().put_value<le32>(kPlace + 0x4000, 10);  // n_namesz
  EXPECT_EQ(found(), "");
}

TEST_F(VmcoreinfoSearch, GoesOnWhereMemoryCannotBeRead) {
  memory().break_page(0x300000);
  memory().add_memory(uint64_t{1} << 40, 0x1800);
  put_note((uint64_t{1} << 40) + 0x1000, kernel_.vmcoreinfo());
  put_note(kPlace, kernel_.vmcoreinfo());
  memory().put_value<le32>((uint64_t{1} << 40) + 0x1004, 0x1000);  // beyond the end of memory
  EXPECT_THAT(found(), StartsWith(fmt::format("{:#x}: ", kPlace)));
}

TEST_F(VmcoreinfoSearch, ACopyIsNoSecondKernel) {
  put_note(kPlace, crashed());
  put_note(kPlace + 0x10000, crashed());
  EXPECT_THAT(found(), StartsWith(fmt::format("{:#x}: ", kPlace)));
}

TEST_F(VmcoreinfoSearch, OfTwoKernelsItIsTheOneThatCrashed) {
  put_note(kPlace, kernel_.vmcoreinfo());
  put_note(kPlace + 0x10000, crashed());
  EXPECT_EQ(found(), fmt::format("{:#x}: {}", kPlace + 0x10000, crashed()));
}

TEST_F(VmcoreinfoSearch, OfTwoThatRunNothingTells) {
  put_note(kPlace, kernel_.vmcoreinfo());
  put_note(kPlace + 0x10000, kernel_.vmcoreinfo() + "NUMBER(x)=1\n");
  const auto note = search_vmcoreinfo(memory());
  ASSERT_FALSE(note);
  EXPECT_THAT(note.error().message(), AllOf(HasSubstr("several kernels"), HasSubstr("0x777000, 0x787000")));
}

TEST_F(VmcoreinfoSearch, OfAMachineThatIsNotBuiltInNothingIsFound) {
  put_note(kPlace, kernel_.vmcoreinfo());
  memory().set_machine(elf::EM_S390);
  EXPECT_EQ(found(), "");
}

// with_vmcoreinfo() on a copy of the memory; what it tells.
class WithVmcoreinfo : public VmcoreinfoSearch {
 protected:
  std::unique_ptr<Vmcore> noted() {
    return with_vmcoreinfo(std::make_unique<test::FakeVmcore>(memory()),
                           [this](std::string_view text) { told_.emplace_back(text); });
  }
  std::vector<std::string> told_;
};

TEST_F(WithVmcoreinfo, GivesADumpTheNoteInFrontOfItsOwn) {
  put_note(kPlace, kernel_.vmcoreinfo());
  memory().add_note("CORE", elf::NT_PRSTATUS, bytes_of(std::string_view("registers")));
  const auto vmcore = noted();
  EXPECT_EQ(vmcore->notes().vmcoreinfo(), kernel_.vmcoreinfo());
  EXPECT_EQ(vmcore->notes().cpu_count(), 1U);
  EXPECT_EQ(text_of(vmcore->notes().prstatus(0)), "registers");
  EXPECT_THAT(told_,
              ElementsAre("fake: VMCOREINFO is taken from its memory, at 0x777000: its notes have none"));
  const auto info = read_kernel_info(*vmcore);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->release(), "6.1.0-test");
  EXPECT_TRUE(info->address_space().usable());
}

TEST_F(WithVmcoreinfo, ANoteWithoutALineIsNone) {
  put_note(kPlace, kernel_.vmcoreinfo());
  memory().add_vmcoreinfo(std::string(100, '\0'));
  EXPECT_EQ(noted()->notes().vmcoreinfo(), kernel_.vmcoreinfo());
}

TEST_F(WithVmcoreinfo, LeavesADumpThatHasOneAlone) {
  put_note(kPlace, kernel_.vmcoreinfo());
  memory().add_vmcoreinfo("OSRELEASE=other\n");
  EXPECT_EQ(noted()->notes().vmcoreinfo(), "OSRELEASE=other\n");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(WithVmcoreinfo, TellsWhyItTakesNone) {
  EXPECT_EQ(noted()->notes().vmcoreinfo(), "");
  EXPECT_THAT(told_, IsEmpty());
  put_note(kPlace, kernel_.vmcoreinfo());
  put_note(kPlace + 0x10000, kernel_.vmcoreinfo() + "NUMBER(x)=1\n");
  EXPECT_EQ(noted()->notes().vmcoreinfo(), "");
  EXPECT_THAT(told_, ElementsAre(HasSubstr("several kernels")));
}

}  // namespace
}  // namespace kdump
