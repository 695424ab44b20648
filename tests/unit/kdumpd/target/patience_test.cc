// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/patience.h"

#include <gmock/gmock.h>

#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using std::chrono::milliseconds;

class PatienceTest : public testing::Test {
 protected:
  Probes make(Error error, milliseconds all) {
    Probes probes;
    probes.addresses = [this, error](const auto&) -> Result<std::vector<std::string>> {
      if (asked++ < failures) return Failure(error);
      return std::vector<std::string>{"192.0.2.7"};
    };
    probes.discover_network = [this, error](const auto&, const auto&) -> Result<FoundNetwork> {
      if (asked++ < failures) return Failure(error);
      return FoundNetwork{};
    };
    prove = [this, error](const auto&, const auto&) -> Result<Proof> {
      if (asked++ < failures) return Failure(error);
      return Proof{};
    };
    make_patient(probes, prove, log.announce(), {.all = all, .pause = milliseconds(1)});
    return probes;
  }
  bool proves(plan::TargetKind kind) const {
    ResolvedTarget target;
    target.target.kind = kind;
    return prove(target, {}).has_value();
  }

  Log log;
  Prove prove;
  int asked = 0;
  int failures = 3;
};

constexpr milliseconds kLong{60'000};

TEST_F(PatienceTest, ANameIsAskedForUntilANameServerAnswers) {
  const Probes probes = make(Error(ErrorKind::timed_out, EAGAIN, "nobody answers for server"), kLong);
  EXPECT_TRUE(probes.addresses("server"));
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(log.all(), "info: waiting for the network: nobody answers for server\n");
}

TEST_F(PatienceTest, ANameThatDoesNotExistIsAnErrorAtOnce) {
  const Probes probes = make(Error(ErrorKind::failure, 0, "no such name"), kLong);
  EXPECT_FALSE(probes.addresses("server"));
  EXPECT_EQ(asked, 1);
}

TEST_F(PatienceTest, ARouteIsWaitedForButNotWhatIsNotBuilt) {
  EXPECT_TRUE(make(Error(ErrorKind::failure, 0, "no route"), kLong).discover_network(Host(), {}));
  EXPECT_EQ(asked, 4);
  asked = 0;
  EXPECT_FALSE(make(Error(ErrorKind::unsupported, 0, "a bond"), kLong).discover_network(Host(), {}));
  EXPECT_EQ(asked, 1);
}

TEST_F(PatienceTest, AServerOutOfReachIsTriedAgain) {
  const Probes kept = make(Error(ErrorKind::failure, EHOSTUNREACH, "no way"), kLong);
  EXPECT_TRUE(proves(plan::TargetKind::ssh));
  EXPECT_EQ(asked, 4);
  asked = 0;
  EXPECT_FALSE(proves(plan::TargetKind::filesystem));
  EXPECT_EQ(asked, 1);
}

TEST_F(PatienceTest, AServerThatSaysNoIsNot) {
  const Probes kept = make(Error(ErrorKind::failure, 0, "the key is refused"), kLong);
  EXPECT_FALSE(proves(plan::TargetKind::ssh));
  EXPECT_EQ(asked, 1);
}

TEST_F(PatienceTest, AMachineThatIsUpForLongDoesNotWait) {
  const Machine machine;
  machine.write("/proc/uptime", "599.99 12.00\n");
  EXPECT_EQ(patience_of(machine.host()).all, milliseconds(180'000));
  machine.write("/proc/uptime", "600.00 12.00\n");
  EXPECT_EQ(patience_of(machine.host()).all, milliseconds(0));
  const Probes probes = make(Error(ErrorKind::timed_out, EAGAIN, "nobody"), milliseconds(0));
  EXPECT_FALSE(probes.addresses("server"));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(log.all(), "");
}

TEST_F(PatienceTest, ItEndsForAllQuestionsTogether) {
  failures = 1'000'000;
  const Probes probes = make(Error(ErrorKind::timed_out, EAGAIN, "nobody"), milliseconds(20));
  EXPECT_FALSE(probes.addresses("server"));
  const int before = asked;
  EXPECT_GT(before, 1);
  EXPECT_FALSE(probes.discover_network(Host(), {}));
  EXPECT_EQ(asked, before + 1);
}

}  // namespace
}  // namespace kdump::service
