// SPDX-License-Identifier: GPL-2.0-or-later
// Files in place of watchdogs: they take what is written and refuse every ioctl.
#include "initramfs/capture/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/file.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

constexpr seconds kLong{60};  // a busy machine gets there too

class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "watchdog-XXXXXX").string();
    root_ = mkdtemp(name.data());
    std::filesystem::create_directories(root_ / "class");
    std::filesystem::create_directories(root_ / "dev");
    watchdogs_ = std::make_unique<Watchdogs>(root_ / "class", root_ / "dev");
  }
  ~WatchdogTest() override {
    watchdogs_.reset();
    while (wait(nullptr) > 0) {
    }
    std::filesystem::remove_all(root_);
  }

  void show(const std::string& name, const std::string& identity) const {
    std::filesystem::create_directories(root_ / "class" / name);
    // The identity comes last: a feeder may be looking.
    std::ofstream(root_ / "class" / name / "new") << identity << "\n";
    std::filesystem::rename(root_ / "class" / name / "new", root_ / "class" / name / "identity");
  }
  void add(const std::string& name, const std::string& identity) const {
    std::ofstream(root_ / "dev" / name).close();
    show(name, identity);
  }
  [[nodiscard]] std::string written_to(const std::string& name) const {
    return read_text_file(root_ / "dev" / name).value_or("(not there)");
  }
  void take_over(const std::vector<std::string>& identities) {
    std::vector<plan::Watchdog> wanted;
    for (const std::string& identity : identities) wanted.push_back({identity, seconds(30)});
    watchdogs_->take_over(wanted);
  }
  // Of the first, as soon as there is one.
  std::string error() { return watchdogs_->states(steady_clock::now() + kLong).front().error; }
  static bool becomes_true(const std::function<bool()>& condition) {
    const SteadyTime deadline = steady_clock::now() + kLong;
    while (!condition() && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(10));
    return condition();
  }

  std::filesystem::path root_;
  std::unique_ptr<Watchdogs> watchdogs_;
};

TEST_F(WatchdogTest, NoneIsFine) {
  take_over({});
  watchdogs_->feed_until(steady_clock::now() + kLong);
  EXPECT_THAT(watchdogs_->states(steady_clock::now()), SizeIs(0));
  watchdogs_->stop();
}

TEST_F(WatchdogTest, IsFedAsLongAsItIsSaid) {
  add("watchdog0", "other");
  add("watchdog1", "wanted");
  take_over({"wanted"});
  EXPECT_EQ(error(), "");
  EXPECT_EQ(written_to("watchdog1"), "");  // nobody has said anything yet
  watchdogs_->feed_until(steady_clock::now() + kLong);
  EXPECT_TRUE(becomes_true([&] { return written_to("watchdog1").size() >= 2; }));
  EXPECT_EQ(written_to("watchdog0"), "");
  EXPECT_THAT(written_to("watchdog1"), Each('\0'));
}

TEST_F(WatchdogTest, IsNotFedWhenTheTimeIsOver) {
  add("watchdog0", "wanted");
  take_over({"wanted"});
  watchdogs_->feed_until(steady_clock::now() - milliseconds(1));
  EXPECT_EQ(error(), "");
  std::this_thread::sleep_for(seconds(2));
  EXPECT_EQ(written_to("watchdog0"), "");
}

TEST_F(WatchdogTest, IsTakenOverWhenItsDriverComes) {
  take_over({"late"});
  watchdogs_->feed_until(steady_clock::now() + kLong);
  EXPECT_THAT(watchdogs_->states(steady_clock::now()).front().error, HasSubstr("no driver shows it"));
  add("watchdog0", "late");
  EXPECT_TRUE(becomes_true([&] { return !written_to("watchdog0").empty(); }));
  EXPECT_EQ(error(), "");
}

TEST_F(WatchdogTest, OneThatHangsHoldsNobodyElse) {
  ASSERT_EQ(mkfifo((root_ / "dev/watchdog0").c_str(), 0600), 0);  // opening it waits for a reader
  show("watchdog0", "hangs");
  add("watchdog1", "wanted");
  take_over({"hangs", "wanted"});
  watchdogs_->feed_until(steady_clock::now() + kLong);
  EXPECT_TRUE(becomes_true([&] { return !written_to("watchdog1").empty(); }));
  const auto states = watchdogs_->states(steady_clock::now() + milliseconds(100));
  EXPECT_THAT(states[0].error, HasSubstr("opening it hangs"));
  EXPECT_EQ(states[1].error, "");
  // Lets it go, for the end of the test.
  const UniqueFd reader(open((root_ / "dev/watchdog0").c_str(), O_RDONLY | O_NONBLOCK));
  watchdogs_.reset();
  while (wait(nullptr) > 0) {
  }
}

TEST_F(WatchdogTest, OneWithoutADeviceSaysSo) {
  show("watchdog0", "wanted");
  take_over({"wanted"});
  EXPECT_THAT(error(), HasSubstr("/dev/watchdog0: no such file"));
  std::ofstream(root_ / "dev/watchdog0").close();
  EXPECT_TRUE(becomes_true([&] { return error().empty(); }));
}

TEST_F(WatchdogTest, EndsWithoutStoppingIt) {
  add("watchdog0", "wanted");
  take_over({"wanted"});
  watchdogs_->feed_until(steady_clock::now() + kLong);
  EXPECT_TRUE(becomes_true([&] { return !written_to("watchdog0").empty(); }));
  watchdogs_.reset();
  while (wait(nullptr) > 0) {
  }
  EXPECT_THAT(written_to("watchdog0"), Each('\0'));
}

TEST_F(WatchdogTest, IsStoppedForAMachineThatStandsStill) {
  add("watchdog0", "wanted");
  add("watchdog1", "second");
  take_over({"wanted", "second"});
  for (const WatchdogState& state : watchdogs_->states(steady_clock::now() + kLong))
    EXPECT_EQ(state.error, "");
  watchdogs_->stop();
  while (wait(nullptr) > 0) {
  }
  EXPECT_EQ(written_to("watchdog0"), "V");
  EXPECT_EQ(written_to("watchdog1"), "V");
}

}  // namespace
}  // namespace kdump::capture
