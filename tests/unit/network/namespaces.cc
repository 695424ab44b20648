// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/network/namespaces.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "common/process.h"

namespace kdump {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  fmt::print(stderr, "these tests need network namespaces: {}: {}\n", what, errno_text(errno));
  std::exit(1);
}

UniqueFd current_namespace() {
  auto fd = open_file("/proc/self/ns/net", O_RDONLY);
  if (!fd) give_up(fd.error().message());
  return std::move(*fd);
}

void write_map(const char* path, const std::string& text) {
  const auto fd = open_file(path, O_WRONLY);
  if (!fd || !write_all(fd->get(), bytes_of(text))) give_up(path);
}

// Whoever is not root becomes it in a user namespace, once and for the whole program.
void become_root() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (uid == 0) return;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) give_up("a user namespace");
  write_map("/proc/self/setgroups", "deny");
  write_map("/proc/self/uid_map", fmt::format("0 {} 1", uid));
  write_map("/proc/self/gid_map", fmt::format("0 {} 1", gid));
}

}  // namespace

Namespace::Namespace() {
  become_root();
  const UniqueFd before = current_namespace();
  if (unshare(CLONE_NEWNET) != 0) give_up("a network namespace");
  fd_ = current_namespace();
  if (setns(before.get(), CLONE_NEWNET) != 0) give_up("the way back");
}

std::string Namespace::path() const { return fmt::format("/proc/{}/fd/{}", getpid(), fd_.get()); }

std::string Namespace::shell(const std::string& script) const {
  const Inside inside(*this);
  const auto done = run_captured({"/bin/sh", "-e", "-c", script}, std::chrono::milliseconds(30000));
  if (!done || !done->exit.succeeded())
    ADD_FAILURE() << script << ": " << (done ? done->output : done.error().message());
  return done ? done->output : "";
}

Inside::Inside(const Namespace& there) : before_(current_namespace()) {
  if (setns(there.fd().get(), CLONE_NEWNET) != 0) give_up("entering one");
}

Inside::~Inside() {
  if (setns(before_.get(), CLONE_NEWNET) != 0) give_up("leaving one");
}

void connect(const Namespace& a, const std::string& a_name, const Namespace& b, const std::string& b_name) {
  a.shell(fmt::format("ip link add name {} type veth peer name {} netns {}", a_name, b_name, b.path()));
}

}  // namespace kdump
