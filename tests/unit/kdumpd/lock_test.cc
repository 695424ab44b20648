// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/lock.h"

#include <gmock/gmock.h>

#include <thread>

#include "kdumpd/collector.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

TEST(Lock, AFreeOneIsTakenInSilence) {
  const Machine machine;
  Log log;
  EXPECT_TRUE(take_lock(machine.host(), log.announce()));
  EXPECT_TRUE(take_lock(machine.host(), log.announce()));
  EXPECT_THAT(log.lines, testing::IsEmpty());
}

TEST(Lock, AHeldOneIsAnnouncedAndWaitedFor) {
  const Machine machine;
  Log log;
  auto held = take_lock(machine.host(), log.announce());
  ASSERT_TRUE(held);
  std::jthread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    held->reset();
  });
  EXPECT_TRUE(take_lock(machine.host(), log.announce(), std::chrono::hours(1)));
  EXPECT_THAT(log.lines, testing::ElementsAre(testing::HasSubstr("waiting for it")));
}

TEST(Collector, TheProgramIsAsked) {
  const Machine machine;
  machine.write("/good", "#!/bin/sh\n[ \"$*\" = '-d 31 --check-params' ]\n");
  machine.write("/bad", "#!/bin/sh\necho; echo 'bad level 99' >&2; exit 1\n");
  for (const char* name : {"/good", "/bad"})
    std::filesystem::permissions(machine.at(name), std::filesystem::perms::owner_all);
  EXPECT_TRUE(check_collector({machine.at("/good"), "-d", "31"}));
  const Status refused = check_collector({machine.at("/bad")});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::EndsWith("refuses its options: bad level 99"));
  EXPECT_THAT(check_collector({"/nonexistent/makedumpfile"}).error().message(),
              "core_collector: /nonexistent/makedumpfile does not exist");
}

TEST(Collector, FilesThatTheCaptureKernelDoesNotHaveAreRefused) {
  const Machine machine;
  machine.write("/makedumpfile", "#!/bin/sh\nexit 0\n");
  std::filesystem::permissions(machine.at("/makedumpfile"), std::filesystem::perms::owner_all);
  for (const char* option : {"-x", "-i", "-g"}) {
    EXPECT_THAT(
        check_collector({machine.at("/makedumpfile"), "-l", option, "/boot/vmlinux"}).error().message(),
        testing::HasSubstr(std::string(option) + " names a file that the capture kernel does not have"));
  }
}

TEST(Collector, CopiersAreNotAsked) {
  EXPECT_TRUE(check_collector({"cp"}));
  EXPECT_TRUE(check_collector({"scp"}));
}

}  // namespace
}  // namespace kdump::service
