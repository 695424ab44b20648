// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/net/nfs_lab.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdump::test {
namespace {

std::string export_block(int id, const std::string& path, const char* access, const char* squash) {
  return fmt::format(
      "EXPORT{{Export_Id={};Path={};Pseudo=/e{};Protocols=3,4;Access_Type={};Squash={};Sectype=sys;"
      "FSAL{{Name=VFS;}}}}\n",
      id, path, id, access, squash);
}

}  // namespace

NfsLab::NfsLab() {
  for (const auto& path : {exported(), read_only(), squashed()}) mkdir(path.c_str(), 0755);
  mount_tmpfs(full(), 8 << 20);
  // What it writes about its clients.
  mkdir("/var/lib/nfs", 0755);
  EXPECT_EQ(mount("tmpfs", "/var/lib/nfs", "tmpfs", 0, nullptr), 0);
  // No Bind_addr: with nothing but a loopback it finds no address for it (AI_ADDRCONFIG).
  write_text(folder_ / "ganesha.conf",
             fmt::format(
                 "NFS_CORE_PARAM{{Protocols=3,4;NFS_Port={};MNT_Port={};Enable_NLM=false;Enable_RQUOTA=false;"
                 "mount_path_pseudo=false;}}\nNFS_KRB5{{Active_krb5=false;}}\n"
                 "NFSV4{{Graceless=true;RecoveryBackend=fs;Minor_Versions=0,1,2;}}\n",
                 kPort, kMountPort) +
                 export_block(1, exported(), "RW", "no_root_squash") +
                 export_block(2, read_only(), "RO", "no_root_squash") +
                 export_block(3, squashed(), "RW", "root_squash") +
                 export_block(4, full(), "RW", "no_root_squash"));
  mkdir("/run/rpcbind", 0755);
  mkdir("/run/ganesha", 0755);
  rpcbind_.start({"/sbin/rpcbind", "-f", "-w"}, folder_ / "rpcbind.log");
  wait_for_port("127.0.0.1", 111);
  ganesha_.start({"/usr/bin/ganesha.nfsd", "-F", "-f", folder_ / "ganesha.conf", "-L",
                  folder_ / "ganesha.log", "-p", "/run/ganesha/pid"},
                 folder_ / "ganesha.out");
  for (int attempt = 0;
       attempt < 1500 && !read_text(folder_ / "ganesha.log").contains("NFS SERVER INITIALIZED"); ++attempt)
    usleep(20'000);
  wait_for_port("127.0.0.1", kMountPort);
}

NfsTarget NfsLab::target(const std::string& path) const {
  NfsTarget target;
  target.address = "127.0.0.1";
  target.export_path = path;
  target.port = kPort;
  target.mount_port = kMountPort;
  target.connect_timeout = std::chrono::seconds(20);
  target.stall_timeout = std::chrono::seconds(2);
  return target;
}

}  // namespace kdump::test
