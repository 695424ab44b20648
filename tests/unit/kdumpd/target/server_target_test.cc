// SPDX-License-Identifier: GPL-2.0-or-later
// Targets without a filesystem of this system: servers and bare devices.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "conf/kdump_conf.h"
#include "kdumpd/target/target.h"
#include "makedumpfile/sink/ssh/ssh_session.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kKey = "/root/.ssh/kdump_id_ed25519";
// Of key pairs that nobody uses.
constexpr const char* kHostKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJyb2tlbiBidXQgb2YgdGhlIHJpZ2h0IHNpemUhISE=";
constexpr const char* kRsaHostKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQDb";

class ServerTargetTest : public testing::Test {
 protected:
  void SetUp() override {
    machine.make_root_disk();
    probes.addresses = [this](const std::string& host) -> Result<std::vector<std::string>> {
      asked.push_back(host);
      return addresses;
    };
    probes.reach_export = [this](const plan::Target& target, int version) -> Status {
      EXPECT_EQ(target.server.addresses, addresses);
      reached.push_back(version);
      if (version == 3 && serves3) return {};
      return fail("nobody there");
    };
  }

  void make_key(const std::string& path = kKey, const std::vector<std::string>& options = {"-t", "ed25519"}) {
    machine.folder("/root/.ssh");
    std::vector<std::string> argv{"/usr/bin/ssh-keygen", "-q", "-N", "", "-f", machine.at(path)};
    argv.insert(argv.end(), options.begin(), options.end());
    const auto run = run_captured(argv, std::chrono::seconds(60));
    ASSERT_TRUE(run && run->exit.succeeded()) << (run ? run->output : run.error().message());
  }
  void know(const std::string& lines, const std::string& file = "/root/.ssh/known_hosts") {
    machine.write(file, lines);
  }
  Result<ResolvedTarget> resolve(const std::string& configuration, size_t which = 0) {
    const auto parsed = conf::parse_config(configuration);
    EXPECT_TRUE(parsed.valid());
    return std::move(resolve_targets(machine.host(), parsed.config, probes).at(which));
  }
  std::string error_of(const std::string& configuration) {
    const auto resolved = resolve(configuration);
    return resolved ? "resolved" : resolved.error().message();
  }

  Machine machine;
  Probes probes;
  std::vector<std::string> addresses{"2001:db8::7", "192.0.2.7"};
  std::vector<std::string> asked;
  std::vector<int> reached;
  bool serves3 = true;
};

TEST_F(ServerTargetTest, AnSshServerWithItsKeys) {
  make_key();
  know(std::string("other ") + kHostKey + "\n[server]:2222,192.0.2.7 " + kHostKey +
       " root@server\n@revoked * " + kRsaHostKey + " old\n");
  const auto resolved = resolve("ssh kdump@server:2222\npath /srv/crash\ntimeout 30");
  ASSERT_TRUE(resolved) << resolved.error().message();
  const plan::Target& target = resolved->target;
  EXPECT_EQ(target.kind, plan::TargetKind::ssh);
  EXPECT_EQ(target.server.host, "server");
  EXPECT_EQ(target.server.port, 2222);
  EXPECT_EQ(target.server.addresses, addresses);
  EXPECT_EQ(target.ssh.user, "kdump");
  EXPECT_EQ(target.ssh.key, "/etc/kdump/ssh/0");
  EXPECT_EQ(resolved->private_key, kKey);
  EXPECT_EQ(target.ssh.known_hosts,
            std::string("[server]:2222,192.0.2.7 ") + kHostKey + "\n@revoked * " + kRsaHostKey + "\n");
  EXPECT_EQ(target.directory, "/srv/crash");
  EXPECT_EQ(target.stall, std::chrono::seconds(30));
  EXPECT_EQ(resolved->described, "/srv/crash on ssh kdump@server:2222");
}

TEST_F(ServerTargetTest, AHashedNameAndTheSystemsKnownHostsServeToo) {
  make_key();
  know(std::string("server ") + kHostKey + "\n", "/etc/ssh/ssh_known_hosts");
  const auto hashed = run_captured(
      {"/usr/bin/ssh-keygen", "-H", "-f", machine.at("/etc/ssh/ssh_known_hosts")}, std::chrono::seconds(60));
  ASSERT_TRUE(hashed && hashed->exit.succeeded());
  const auto resolved = resolve("ssh kdump@server");
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_THAT(resolved->target.ssh.known_hosts, testing::StartsWith("|1|"));
  EXPECT_THAT(resolved->target.ssh.known_hosts, testing::EndsWith(std::string(" ") + kHostKey + "\n"));
}

TEST_F(ServerTargetTest, AnUnknownHostKeyIsAnErrorWithItsRemedy) {
  make_key();
  know(std::string("server ") + kHostKey + "\n");
  EXPECT_EQ(error_of("ssh kdump@server:2222"),
            "ssh kdump@server:2222: no host key of server port 2222 is in /root/.ssh/known_hosts or "
            "/etc/ssh/ssh_known_hosts; log in once and accept it, run: kdumpctl propagate");
}

TEST_F(ServerTargetTest, AnRsaHostKeyAloneNeedsANewLibssh2) {
  make_key();
  know(std::string("server ") + kRsaHostKey + "\n");
  if (ssh_rsa_works())
    EXPECT_EQ(error_of("ssh kdump@server"), "resolved");
  else
    EXPECT_THAT(error_of("ssh kdump@server"),
                HasSubstr("only an RSA host key of server is known, which needs"));
}

TEST_F(ServerTargetTest, TheKeyIsTheOneNamed) {
  make_key("/root/.ssh/mine");
  make_key("/root/.ssh/second", {"-t", "ecdsa"});
  know(std::string("a,b ") + kHostKey + "\n");
  const std::string conf =
      "ssh kdump@a\nsshkey /root/.ssh/mine\nfallback ssh kdump@b sshkey=/root/.ssh/second\n";
  EXPECT_EQ(resolve(conf).value().private_key, "/root/.ssh/mine");
  const ResolvedTarget second = resolve(conf, 1).value();
  EXPECT_EQ(second.private_key, "/root/.ssh/second");
  EXPECT_EQ(second.target.ssh.key, "/etc/kdump/ssh/1");
}

TEST_F(ServerTargetTest, WhatIsWrongWithAKeyIsToldWithItsRemedy) {
  know(std::string("server ") + kHostKey + "\n");
  EXPECT_EQ(error_of("ssh kdump@server"),
            "ssh kdump@server: there is no key /root/.ssh/kdump_id_ed25519; run: kdumpctl propagate");
  make_key();
  chmod(machine.at(kKey).c_str(), 0640);
  EXPECT_EQ(
      error_of("ssh kdump@server"),
      "ssh kdump@server: others than its owner may use the key /root/.ssh/kdump_id_ed25519 (mode 0640); "
      "run: chmod 600 /root/.ssh/kdump_id_ed25519");
  machine.write("/root/.ssh/text", "no key\n");
  chmod(machine.at("/root/.ssh/text").c_str(), 0600);
  EXPECT_THAT(error_of("ssh kdump@server\nsshkey /root/.ssh/text"), HasSubstr("is not a private key"));
  make_key("/root/.ssh/locked", {"-t", "ed25519", "-N", "secret"});
  EXPECT_THAT(error_of("ssh kdump@server\nsshkey /root/.ssh/locked"), HasSubstr("has a passphrase"));
}

TEST_F(ServerTargetTest, TheIncumbentsKeyIsTheSecondChoice) {
  make_key("/root/.ssh/kdump_id_rsa", {"-t", "ecdsa"});
  know(std::string("server ") + kHostKey + "\n");
  EXPECT_EQ(resolve("ssh kdump@server").value().private_key, "/root/.ssh/kdump_id_rsa");
  make_key();
  EXPECT_EQ(resolve("ssh kdump@server").value().private_key, kKey);
}

TEST_F(ServerTargetTest, AnExportThatIsNotMountedIsAskedFor) {
  const auto resolved = resolve("nfs server:/srv\npath /crash");
  ASSERT_TRUE(resolved) << resolved.error().message();
  const plan::Target& target = resolved->target;
  EXPECT_EQ(target.kind, plan::TargetKind::nfs);
  EXPECT_EQ(target.server.host, "server");
  EXPECT_EQ(target.server.addresses, addresses);
  EXPECT_EQ(target.nfs.path, "/srv");
  EXPECT_EQ(target.nfs.client, plan::NfsClient::libnfs);
  EXPECT_THAT(target.nfs.versions, ElementsAre("3"));
  EXPECT_EQ(target.directory, "/crash");
  EXPECT_EQ(resolved->described, "/crash on nfs server:/srv");
}

TEST_F(ServerTargetTest, WhatLibnfsDoesNotReachIsForTheKernel) {
  serves3 = false;
  const plan::Target target = resolve("nfs server:/srv").value().target;
  EXPECT_EQ(target.nfs.client, plan::NfsClient::kernel);
  EXPECT_THAT(target.nfs.versions, ElementsAre("4.2", "4.1", "4.0", "3"));
}

TEST_F(ServerTargetTest, AMountedExportTellsItsVersionAndOptions) {
  machine.write(
      "/proc/self/mountinfo",
      "25 1 254:0 / / rw - ext4 /dev/root rw\n"
      "30 25 0:40 / /mnt/a rw - nfs4 server:/srv rw,vers=4.2,rsize=65536,wsize=65536,hard,proto=tcp,"
      "timeo=600,retrans=2,sec=sys,clientaddr=192.0.2.1,local_lock=none,addr=192.0.2.7\n"
      "31 25 0:41 / /mnt/b rw - nfs server:/old "
      "rw,vers=3,port=12049,proto=tcp,sec=sys,mountport=12050,addr=192.0.2.7\n");
  const plan::Target four = resolve("nfs server:/srv").value().target;
  EXPECT_THAT(reached, IsEmpty());
  EXPECT_EQ(four.nfs.client, plan::NfsClient::kernel);
  EXPECT_THAT(four.nfs.versions, ElementsAre("4.2", "4.1", "4.0"));
  EXPECT_EQ(four.nfs.mount_options, "rsize=65536,wsize=65536");
  EXPECT_EQ(four.server.port, 0);
  EXPECT_THAT(four.server.addresses, ElementsAre("192.0.2.7", "2001:db8::7"));
  // By another name, at the address it is mounted from.
  const plan::Target three = resolve("nfs 192.0.2.7:/old").value().target;
  EXPECT_EQ(three.nfs.client, plan::NfsClient::libnfs);
  EXPECT_THAT(three.nfs.versions, ElementsAre("3"));
  EXPECT_EQ(three.server.port, 12049);
}

TEST_F(ServerTargetTest, APathOnAMountedExport) {
  machine.folder("/mnt/dumps/here");
  machine.write("/proc/self/mountinfo",
                "25 1 254:0 / / rw - ext4 /dev/root rw\n"
                "30 25 0:40 / /mnt rw - nfs4 [2001:db8::7]:/srv rw,vers=4.0,sec=sys,addr=2001:db8::7\n");
  const plan::Target target = resolve("path /mnt/dumps/here").value().target;
  EXPECT_EQ(target.kind, plan::TargetKind::nfs);
  EXPECT_THAT(asked, ElementsAre("2001:db8::7"));
  EXPECT_EQ(target.nfs.path, "/srv");
  EXPECT_EQ(target.directory, "/dumps/here");
  EXPECT_THAT(target.nfs.versions, ElementsAre("4.0"));
}

TEST_F(ServerTargetTest, KerberosIsNotBuilt) {
  machine.write("/proc/self/mountinfo",
                "25 1 254:0 / / rw - ext4 /dev/root rw\n"
                "30 25 0:40 / /mnt rw - nfs4 server:/srv rw,vers=4.2,sec=krb5p,addr=192.0.2.7\n");
  const auto resolved = resolve("nfs server:/srv");
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(resolved.error().message(), HasSubstr("sec=krb5p (Kerberos), which is not built yet"));
}

class RawTargetTest : public ServerTargetTest {
 protected:
  void SetUp() override {
    ServerTargetTest::SetUp();
    machine.add_disk("vdb", 16);
    static_cast<void>(machine.make_disk("/dev/vdb", 16 << 20));
  }
};

TEST_F(RawTargetTest, AnEmptyPartition) {
  machine.link("/dev/disk/by-partuuid/1234-01", "../../vdb");
  for (const std::string device : {"/dev/vdb", "PARTUUID=1234-01"}) {
    const auto resolved = resolve("raw " + device);
    ASSERT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(resolved->target.kind, plan::TargetKind::raw);
    EXPECT_EQ(resolved->target.device.partuuid, "1234-01");
    EXPECT_EQ(resolved->target.device.devname, "/dev/vdb");
    EXPECT_EQ(resolved->target.directory, "/");
    EXPECT_THAT(resolved->warnings, IsEmpty());
  }
}

TEST_F(RawTargetTest, AWholeDiskIsFoundByItsNameOnly) {
  EXPECT_THAT(resolve("raw /dev/vdb").value().warnings, ElementsAre(HasSubstr("/dev/vdb has no PARTUUID")));
}

TEST_F(RawTargetTest, WhateverIsOnItIsNamed) {
  machine.make_ext4("/dev/vdb", kDumpsUuid, "dumps");
  EXPECT_EQ(error_of("raw /dev/vdb"),
            "raw /dev/vdb: /dev/vdb holds ext4, which a dump would destroy; use another device, or wipe this "
            "one: wipefs -a /dev/vdb");
  machine.make_filesystem("/dev/vdb", 16 << 20, {"/usr/sbin/mkswap", "-q"});
  EXPECT_THAT(error_of("raw /dev/vdb"), HasSubstr("/dev/vdb holds swap, which"));
  std::string dos(16 << 20, '\0');
  dos.replace(446, 16, std::string("\0\0\2\0\x83\0\0\0\1\0\0\0\xff\0\0\0", 16));
  dos.replace(510, 2, "\x55\xaa");
  machine.write("/dev/vdb", dos);
  EXPECT_THAT(error_of("raw /dev/vdb"), HasSubstr("/dev/vdb holds dos partitions, which"));
}

TEST_F(RawTargetTest, WhoeverHasItIsNamed) {
  machine.write("/sys/class/block/vdb/holders/md0", "");
  EXPECT_THAT(error_of("raw /dev/vdb"), HasSubstr("/dev/vdb is part of md0"));
  machine.remove("/sys/class/block/vdb/holders");
  machine.write("/sys/class/block/vdb/ro", "1\n");
  EXPECT_THAT(error_of("raw /dev/vdb"), HasSubstr("/dev/vdb is read-only"));
}

TEST_F(RawTargetTest, AVolumeIsRefusedByItsKind) {
  machine.write("/dev/dm-0", "");
  EXPECT_THAT(error_of("raw /dev/dm-0"), HasSubstr("a device mapper volume (LVM, LUKS, multipath)"));
}

}  // namespace
}  // namespace kdump::service
