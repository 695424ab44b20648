// SPDX-License-Identifier: GPL-2.0-or-later
// What kdumpctl start does to its targets, against real servers: each is tried by the plan it would get.
#include "kdumpd/target/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "kdumpd/machine/detached_mount.h"
#include "kdumpd/target/local_proof.h"
#include "kdumpd/target/remote_proof.h"
#include "tests/cli/net/nfs_lab.h"
#include "tests/cli/net/ssh_lab.h"

namespace kdump::test {
namespace {

using service::mount_detached;
using service::Proof;
using service::prove_directory;
using service::prove_target;
using service::ResolvedTarget;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kMakedumpfile{"makedumpfile", "-l", "-d", "31"};

ResolvedTarget ssh_target(const SshLab& lab) {
  const SshTarget right = lab.target();
  ResolvedTarget target;
  target.target.kind = plan::TargetKind::ssh;
  target.target.server = {.host = right.host, .addresses = {right.address}, .port = right.port};
  target.target.ssh = {.user = right.user, .key = "/etc/kdump/ssh/0", .known_hosts = right.known_hosts};
  target.target.directory = lab.dumps();
  target.private_key = right.private_key;
  return target;
}

std::string error_of(const ResolvedTarget& target,
                     const std::vector<std::string>& collector = kMakedumpfile) {
  const auto proof = prove_target(target, collector);
  return proof ? "proved" : proof.error().message();
}

std::vector<std::string> left_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  return names;
}

TEST(SshProof, EveryWayLeavesNothingBehindAndTellsTheSpace) {
  const SshLab lab;
  for (const std::vector<std::string>& collector :
       {kMakedumpfile, {"makedumpfile", "-F", "-d", "31"}, {"scp"}}) {
    const auto proof = prove_target(ssh_target(lab), collector);
    ASSERT_TRUE(proof) << collector.back() << ": " << proof.error().message();
    EXPECT_GT(proof->free_bytes.value_or(0), 0U);
    EXPECT_THAT(left_in(lab.dumps()), testing::IsEmpty());
  }
}

TEST(SshProof, AServerWithoutSftpIsTriedByItsShell) {
  const SshLab lab("Subsystem nothing /bin/false\n");
  EXPECT_EQ(error_of(ssh_target(lab)), "proved");
}

TEST(SshProof, SftpAloneIsEnough) {
  const SshLab lab("ForceCommand internal-sftp\n");
  EXPECT_EQ(error_of(ssh_target(lab)), "proved");
  EXPECT_NE(error_of(ssh_target(lab), {"scp"}), "proved");
}

TEST(SshProof, TheSecondAddressServes) {
  const SshLab lab;
  ResolvedTarget target = ssh_target(lab);
  target.target.server.addresses = {"127.0.0.77", "127.0.0.1"};
  EXPECT_EQ(error_of(target), "proved");
}

TEST(SshProof, WhatIsWrongIsTold) {
  const SshLab lab;
  ResolvedTarget target = ssh_target(lab);
  target.target.ssh.known_hosts = fmt::format("[127.0.0.1]:{} {}", SshLab::kPort,
                                              read_text(lab.make_key("other", {"-t", "ed25519"}) + ".pub"));
  EXPECT_THAT(error_of(target), HasSubstr("host key"));
  target = ssh_target(lab);
  target.private_key = lab.make_key("unknown", {"-t", "ed25519"});
  EXPECT_THAT(error_of(target), HasSubstr("refuse"));
  target = ssh_target(lab);
  target.target.directory = "/proc/nothing/here";
  EXPECT_THAT(error_of(target), HasSubstr("/proc/nothing"));
  target = ssh_target(lab);
  target.target.server.addresses = {"127.0.0.77"};
  EXPECT_THAT(error_of(target), HasSubstr("connection refused"));
}

ResolvedTarget nfs_target(const std::string& path) {
  ResolvedTarget target;
  target.target.kind = plan::TargetKind::nfs;
  target.target.server = {.host = "127.0.0.1", .addresses = {"127.0.0.1"}, .port = NfsLab::kPort};
  target.target.nfs = {
      .path = path, .client = plan::NfsClient::libnfs, .versions = {"3"}, .mount_options = {}};
  target.target.directory = "/";
  return target;
}

TEST(NfsProof, AnExportAndWhatIsWrongWithOthers) {
  const NfsLab lab;
  const auto proof = prove_target(nfs_target(lab.exported()), kMakedumpfile);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_GT(proof->free_bytes.value_or(0), 0U);
  EXPECT_THAT(left_in(lab.exported()), testing::IsEmpty());
  EXPECT_THAT(error_of(nfs_target(lab.read_only())), HasSubstr("read-only"));
  EXPECT_THAT(error_of(nfs_target(lab.squashed())), HasSubstr("no_root_squash"));
  EXPECT_THAT(error_of(nfs_target("/not/exported")), HasSubstr("/not/exported"));
  ResolvedTarget missing = nfs_target(lab.exported());
  missing.target.directory = "/nowhere";
  EXPECT_THAT(error_of(missing), HasSubstr("there is no directory /nowhere on the export"));

  const plan::Target reached = nfs_target(lab.exported()).target;
  EXPECT_TRUE(service::reach_export(reached, 3));
  EXPECT_FALSE(service::reach_export(nfs_target("/not/exported").target, 3));
}

TEST(LocalProof, AMountThatNobodySees) {
  const auto mounted = mount_detached("tmpfs", "dumps", "size=1m,mode=700");
  ASSERT_TRUE(mounted) << mounted.error().message();
  EXPECT_FALSE(read_text("/proc/self/mountinfo").contains("dumps"));
  EXPECT_EQ(prove_directory(mounted->get(), "/").value(), 1U << 20);
  EXPECT_EQ(prove_directory(mounted->get(), "/var/crash").error().message(),
            "there is no directory /var/crash on it; create it");
}

TEST(LocalProof, WhatIsFullOrReadOnlyIsTold) {
  const auto full = mount_detached("tmpfs", "dumps", "nr_inodes=1");
  ASSERT_TRUE(full) << full.error().message();
  const auto nothing = prove_directory(full->get(), "/");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().kind(), ErrorKind::no_space);
  const auto ro = mount_detached("tmpfs", "dumps", "ro");
  ASSERT_TRUE(ro) << ro.error().message();
  EXPECT_EQ(prove_directory(ro->get(), "/").error().errno_value(), EROFS);
}

TEST(LocalProof, TheKernelsOwnWordsAreTold) {
  EXPECT_THAT(mount_detached("nonexistfs", "x", "").error().message(),
              HasSubstr("the kernel has no filesystem nonexistfs"));
  EXPECT_THAT(mount_detached("tmpfs", "x", "size=banana").error().message(), HasSubstr("option size=banana"));
}

}  // namespace
}  // namespace kdump::test
