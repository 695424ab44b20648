// SPDX-License-Identifier: GPL-2.0-or-later
// What the worker links goes into every capture image and into the capture kernel's few megabytes. A library
// is added here after a look at what it pulls in: libkmod brings libcrypto, libarchive brings ICU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "initramfs/build/libraries.h"

namespace kdump::image {
namespace {

struct Allowed {
  const char* name;  // up to ".so"
  const char* why;
};

constexpr Allowed kAllowed[] = {
    {"ld-linux-x86-64", "the loader"},
    {"ld-linux-aarch64", "the loader"},
    {"ld64", "the loader"},
    {"libc", "C library"},
    {"libm", "C library"},
    {"libgcc_s", "exceptions of libstdc++"},
    {"libstdc++", "C++ library"},
    {"libz", "zlib-format dumps"},
    {"libdeflate", "zlib-format dumps"},
    {"liblzo2", "lzo dumps"},
    {"libsnappy", "snappy dumps"},
    {"libzstd", "zstd dumps"},
    {"libbpf", "BTF of the dead kernel"},
    {"libelf", "needed by libbpf"},
};

// What the workers for servers need besides.
constexpr Allowed kAllowedForServers[] = {
    {"libssh2", "SSH; brings libcrypto, which is why it has a worker of its own"},
    {"libcrypto", "needed by libssh2, and to read private keys"},
    {"libnfs", "NFS; needs nothing else"},
};

std::string stem(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find(".so"));
}

void expect_agreed_on(const std::string& worker, std::vector<std::string> allowed) {
  const auto libraries = needed_libraries(*HostTree::open(""), worker);
  ASSERT_TRUE(libraries) << libraries.error().message();
  ASSERT_FALSE(libraries->empty());
  for (const Allowed& row : kAllowed) allowed.emplace_back(row.name);
  for (const Library& library : *libraries) EXPECT_THAT(allowed, testing::Contains(stem(library.path)));
}

TEST(WorkerLibraries, AreThoseThatWereAgreedOn) { expect_agreed_on(WORKER, {}); }

TEST(WorkerLibraries, OfServersComeWithTheirWorkersAlone) {
  expect_agreed_on(WORKER "-ssh", {kAllowedForServers[0].name, kAllowedForServers[1].name});
  expect_agreed_on(WORKER "-nfs", {kAllowedForServers[2].name});
}

TEST(WorkerLibraries, TheFirstProgramNeedsNone) {
  const auto libraries = needed_libraries(*HostTree::open(""), CAPTURE);
  ASSERT_TRUE(libraries) << libraries.error().message();
  EXPECT_THAT(*libraries, testing::IsEmpty());
}

}  // namespace
}  // namespace kdump::image
