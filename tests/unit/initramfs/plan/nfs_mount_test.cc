// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/nfs_mount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace kdump::plan {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

Target target_of(std::vector<std::string> addresses, std::vector<std::string> versions) {
  Target target;
  target.kind = TargetKind::nfs;
  target.server = {.host = "server.example", .addresses = std::move(addresses), .port = 0};
  target.nfs = {.path = "/srv/crash",
                .client = NfsClient::kernel,
                .versions = std::move(versions),
                .mount_options = ""};
  return target;
}

TEST(NfsMounts, SayAllThatMountNfsWouldFindOut) {
  EXPECT_THAT(
      nfs_mounts(target_of({"192.0.2.9", "2001:db8::9"}, {"4.2", "3"})),
      ElementsAre(NfsMount{"192.0.2.9", "4.2", "nfs4", "192.0.2.9:/srv/crash",
                           "addr=192.0.2.9,vers=4.2,proto=tcp,sec=sys"},
                  NfsMount{"192.0.2.9", "3", "nfs", "192.0.2.9:/srv/crash",
                           "addr=192.0.2.9,vers=3,proto=tcp,sec=sys,nolock,mountvers=3,mountproto=tcp"},
                  NfsMount{"2001:db8::9", "4.2", "nfs4", "[2001:db8::9]:/srv/crash",
                           "addr=2001:db8::9,vers=4.2,proto=tcp6,sec=sys"},
                  NfsMount{"2001:db8::9", "3", "nfs", "[2001:db8::9]:/srv/crash",
                           "addr=2001:db8::9,vers=3,proto=tcp6,sec=sys,nolock,mountvers=3,mountproto=tcp6"}));
}

TEST(NfsMounts, HaveThePortAndTheOptionsOfTheTarget) {
  Target target = target_of({"192.0.2.9"}, {"4.1"});
  target.server.port = 12049;
  target.nfs.mount_options = "wsize=65536,noresvport";
  EXPECT_EQ(nfs_mounts(target).at(0).data,
            "addr=192.0.2.9,vers=4.1,proto=tcp,sec=sys,port=12049,wsize=65536,noresvport");
}

// Answers by "ADDRESS VERSION", and keeps what was asked.
class MountFirst : public testing::Test {
 protected:
  Result<NfsMount> mount(const Target& target) {
    const std::vector<NfsMount> ways = nfs_mounts(target);
    return mount_first(ways, steady_clock::now() + seconds(60), [&](const NfsMount& way, SteadyTime until) {
      const std::string name = way.address + " " + way.version;
      asked.push_back(name);
      shares.push_back(until - steady_clock::now());
      return answers.contains(name) ? answers.at(name) : Status();
    });
  }

  std::map<std::string, Status> answers;
  std::vector<std::string> asked;
  std::vector<steady_clock::duration> shares;
};

Status refused(int errno_value) {
  return make_failure(ErrorKind::failure, errno_value, errno_text(errno_value));
}

TEST_F(MountFirst, TakesTheFirstVersionTheServerHas) {
  answers["a 4.2"] = refused(EPROTONOSUPPORT);
  const auto way = mount(target_of({"a", "b"}, {"4.2", "4.1", "4.0"}));
  ASSERT_TRUE(way) << way.error().message();
  EXPECT_EQ(way->version, "4.1");
  EXPECT_THAT(asked, ElementsAre("a 4.2", "a 4.1"));
}

TEST_F(MountFirst, AnAddressThatDoesNotAnswerIsAskedOnceAndHasItsShareOfTheTime) {
  answers["a 4.2"] = fail(ErrorKind::timed_out, "did not finish in time");
  answers["b 4.2"] = refused(EHOSTUNREACH);
  const auto way = mount(target_of({"a", "b", "c"}, {"4.2", "4.1"}));
  ASSERT_TRUE(way) << way.error().message();
  EXPECT_EQ(way->address, "c");
  EXPECT_THAT(asked, ElementsAre("a 4.2", "b 4.2", "c 4.2"));
  EXPECT_LE(shares[0], seconds(20));
  EXPECT_GT(shares[2], seconds(50));
}

TEST_F(MountFirst, TheErrorTellsWhatEachWayEndedWith) {
  answers["192.0.2.9 4.2"] = refused(ECONNREFUSED);
  answers["192.0.2.9 4.1"] = refused(ECONNREFUSED);
  answers["192.0.2.9 3"] = refused(EACCES);
  answers["2001:db8::9 4.2"] = fail(ErrorKind::timed_out, "did not finish in time");
  const auto way = mount(target_of({"192.0.2.9", "2001:db8::9"}, {"4.2", "4.1", "3"}));
  ASSERT_FALSE(way);
  EXPECT_EQ(way.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(way.error().message(),
            "cannot mount 192.0.2.9:/srv/crash by NFS 4.2, 4.1: connection refused; "
            "192.0.2.9:/srv/crash by NFS 3: permission denied; "
            "[2001:db8::9]:/srv/crash by NFS 4.2: did not finish in time");
}

TEST_F(MountFirst, ARefusalIsNoHang) {
  answers["a 4.2"] = refused(EACCES);
  const auto way = mount(target_of({"a"}, {"4.2"}));
  ASSERT_FALSE(way);
  EXPECT_EQ(way.error().kind(), ErrorKind::failure);
}

}  // namespace
}  // namespace kdump::plan
