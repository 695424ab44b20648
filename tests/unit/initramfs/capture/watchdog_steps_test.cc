// SPDX-License-Identifier: GPL-2.0-or-later
// Who is fed when: the steps and what they say to the watchdogs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/initramfs/capture/fake_system.h"

namespace kdump::capture {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class CaptureWatchdogTest : public CaptureTest {
 protected:
  CaptureWatchdogTest() {
    plan_with([](plan::Plan& plan) { plan.watchdogs = {{"barker", seconds(30)}}; });
    system.watchdog_states = {{.identity = "barker", .timeout = seconds(20)}};
  }
};

TEST_F(CaptureWatchdogTest, IsTakenOverBeforeTheModulesAreLoadedAndIsInTheResult) {
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_EQ(system.calls[0], "take over barker");
  EXPECT_EQ(system.calls[1], "load /a.ko");
  EXPECT_THAT(record.warnings, ElementsAre());
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_EQ(result["watchdogs"][0]["identity"], "barker");
  EXPECT_EQ(result["watchdogs"][0]["timeout_seconds"], 20);
  EXPECT_EQ(result["watchdogs"][0]["fed"], true);
}

TEST_F(CaptureWatchdogTest, OneThatCannotBeFedIsAWarning) {
  system.watchdog_states[0].error = "no driver shows it";
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(record.warnings, ElementsAre("watchdog barker may reset the machine before the dump is saved: "
                                           "no driver shows it"));
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_EQ(result["watchdogs"][0]["fed"], false);
}

// Every event of the worker is progress, for as long as its stall timeout says; nothing is for ever.
TEST_F(CaptureWatchdogTest, IsFedWhileThereIsProgress) {
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_GT(system.fed.size(), FakeSystem::good_dump().size());
  for (const auto& time : system.fed) EXPECT_LT(time, seconds(130));
  EXPECT_LE(system.fed.back(), seconds(0));  // a machine that hangs now is reset
  EXPECT_FALSE(system.watchdogs_stopped);
}

TEST_F(CaptureWatchdogTest, AWorkerWithoutProgressIsGivenItsStallTimeout) {
  system.events[Mode::dump] = {};
  system.attempts[Mode::dump] = failing("no progress");
  plan_with([](plan::Plan& plan) { plan.targets[0].stall = seconds(1000); });
  run();
  EXPECT_THAT(system.fed,
              testing::Contains(testing::AllOf(testing::Gt(seconds(990)), testing::Lt(seconds(1010)))));
}

TEST_F(CaptureWatchdogTest, IsStoppedWhenTheMachineIsToStandStill) {
  plan_with([](plan::Plan& plan) { plan.final_action = Action::halt; });
  EXPECT_EQ(run(), Action::halt);
  EXPECT_TRUE(system.watchdogs_stopped);
}

TEST_F(CaptureWatchdogTest, IsFedWhileSomebodySitsAtTheShell) {
  plan_with([](plan::Plan& plan) { plan.failure_action = Action::shell; });
  system.device = fail("UUID=u-1 did not appear");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.fed, testing::Contains(testing::Gt(seconds(24 * 3600))));
  EXPECT_LE(system.fed.back(), seconds(0));
}

}  // namespace
}  // namespace kdump::capture
