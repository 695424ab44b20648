// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/way.h"

#include <gtest/gtest.h>

namespace kdump::plan {
namespace {

Target target_of(TargetKind kind, NfsClient client = NfsClient::libnfs) {
  Target target;
  target.kind = kind;
  target.nfs.client = client;
  return target;
}

TEST(Way, IsAMatterOfKindAndClient) {
  EXPECT_EQ(way_to(target_of(TargetKind::filesystem)), Way::filesystem);
  EXPECT_EQ(way_to(target_of(TargetKind::raw)), Way::raw);
  EXPECT_EQ(way_to(target_of(TargetKind::ssh)), Way::ssh);
  EXPECT_EQ(way_to(target_of(TargetKind::nfs)), Way::libnfs);
  EXPECT_EQ(way_to(target_of(TargetKind::nfs, NfsClient::kernel)), Way::kernel_nfs);
  EXPECT_EQ(way_to(target_of(TargetKind::ssh, NfsClient::kernel)), Way::ssh);
}

TEST(Way, OnlyTheWorkersForServersAreOthers) {
  EXPECT_EQ(worker_suffix(target_of(TargetKind::filesystem)), "");
  EXPECT_EQ(worker_suffix(target_of(TargetKind::nfs, NfsClient::kernel)), "");
  EXPECT_EQ(worker_suffix(target_of(TargetKind::ssh)), "-ssh");
  EXPECT_EQ(worker_suffix(target_of(TargetKind::nfs)), "-nfs");
}

TEST(TargetAt, CountsTheRootFilesystemBehindTheTargets) {
  Plan plan;
  plan.targets.resize(2);
  plan.rootfs.resize(1);
  EXPECT_EQ(target_at(plan, 1), &plan.targets[1]);
  EXPECT_EQ(target_at(plan, 2), &plan.rootfs[0]);
  EXPECT_EQ(target_at(plan, 3), nullptr);
}

}  // namespace
}  // namespace kdump::plan
