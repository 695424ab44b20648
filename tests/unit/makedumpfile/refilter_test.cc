// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/refilter.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_vmcore.h"

namespace kdump {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FilteredVmcore : public test::FakeVmcore {
 public:
  explicit FilteredVmcore(int level, bool incomplete = false) {
    earlier_.dump_level = level;
    earlier_.incomplete = incomplete;
  }
  [[nodiscard]] const EarlierDump* earlier() const override { return &earlier_; }

 private:
  EarlierDump earlier_;
};

class NoteTaker : public DumpObserver {
 public:
  void note(std::string_view text) override { notes.emplace_back(text); }
  std::vector<std::string> notes;
};

TEST(Refilter, TheLevelIsOredAndAnnouncedInTheOriginalsWords) {
  NoteTaker observer;
  DumpRequest request;
  request.dump_level = 2;
  EXPECT_EQ(refilter_level(request, FilteredVmcore(17), observer).value_or(-1), 19);
  EXPECT_THAT(observer.notes,
              ElementsAre("dump_level is changed to 19, because fake was created by dump_level(17)."));
}

TEST(Refilter, ALevelThatHasTheInputsIsNotAnnounced) {
  NoteTaker observer;
  DumpRequest request;
  request.dump_level = 31;
  EXPECT_EQ(refilter_level(request, FilteredVmcore(17), observer).value_or(-1), 31);
  EXPECT_EQ(refilter_level(request, test::FakeVmcore(), observer).value_or(-1), 31);
  EXPECT_THAT(observer.notes, IsEmpty());
}

TEST(Refilter, AnIncompleteInputIsTold) {
  NoteTaker observer;
  EXPECT_EQ(refilter_level(DumpRequest(), FilteredVmcore(0, true), observer).value_or(-1), 0);
  EXPECT_THAT(observer.notes, ElementsAre(HasSubstr("marked incomplete")));
}

TEST(Refilter, AKdumpCompressedInputBecomesNoElfCore) {
  NoteTaker observer;
  DumpRequest request;
  request.elf = true;
  const auto level = refilter_level(request, FilteredVmcore(1), observer);
  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().message(), "'-E' option is disable, because fake is kdump compressed format.");
  EXPECT_TRUE(refilter_level(request, test::FakeVmcore(), observer));
}

// Bits that no level has are not of the level.
TEST(Refilter, AHostileLevelIsCutOff) {
  EXPECT_EQ(earlier_level(FilteredVmcore(-1)), 31);
  EXPECT_EQ(earlier_level(FilteredVmcore(0x7fffff01)), 1);
  EXPECT_EQ(earlier_level(test::FakeVmcore()), 0);
}

}  // namespace
}  // namespace kdump
