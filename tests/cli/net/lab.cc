// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/net/lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "common/process.h"
#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/format/kdump_writer.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump::test {
namespace {

void must(bool worked, const char* what) {
  if (worked) return;
  std::perror(what);
  std::fputs("the tests of network targets need root, for a network of their own\n", stderr);
  std::exit(1);
}

pid_t parent_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return -1;
  std::istringstream rest(text.substr(end + 1));
  char state = 0;
  pid_t parent = -1;
  rest >> state >> parent;
  return parent;
}

std::vector<pid_t> descendants_of(pid_t root) {
  std::vector<pid_t> found = {root};
  for (size_t i = 0; i < found.size(); ++i) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (isdigit(static_cast<unsigned char>(name[0])) != 0 && parent_of(name) == found[i])
        found.push_back(std::stoi(name));
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace

void enter_lab() {
  must(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare");
  must(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0, "tmpfs on /run");
  set_link(true);
  signal(SIGPIPE, SIG_IGN);
}

void set_link(bool up) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = up ? IFF_UP | IFF_RUNNING : 0;
  must(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "loopback");
  close(fd);
}

Folder::Folder() {
  std::string pattern = "/tmp/kdump-net-XXXXXX";
  path_ = mkdtemp(pattern.data());
}

Folder::~Folder() {
  umount2((path_ + "/full").c_str(), MNT_DETACH);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_text(const std::string& path, std::string_view text, mode_t mode) {
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

void mount_tmpfs(const std::string& path, size_t bytes) {
  std::filesystem::create_directories(path);
  ASSERT_EQ(mount("tmpfs", path.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()), 0);
}

std::string run(const std::vector<std::string>& argv) {
  const auto done = run_captured(argv, std::chrono::seconds(60));
  EXPECT_TRUE(done && done->exit.succeeded()) << argv[0] << (done ? done->output : done.error().message());
  return done ? done->output : "";
}

Server::Server(const std::vector<std::string>& argv, const std::string& log) { start(argv, log); }

void Server::start(const std::vector<std::string>& argv, const std::string& log) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, 1);
  dup2(out, 2);
  execv(words[0], words.data());
  std::perror(words[0]);
  _exit(127);
}

Server::~Server() {
  if (pid_ <= 0) return;
  signal_all(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Server::signal_all(int signal) const {
  signal_children(signal);
  kill(pid_, signal);
}

void Server::signal_children(int signal) const {
  for (const pid_t pid : descendants_of(pid_)) kill(pid, signal);
}

void wait_for_port(const char* address, uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  inet_pton(AF_INET, address, &to.sin_addr);
  for (int attempt = 0; attempt < 3000; ++attempt) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int code = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    close(fd);
    if (code == 0) return;
    usleep(20'000);
  }
  FAIL() << "nobody listens at " << address << " port " << port;
}

bool Server::signal_named(std::string_view name, int signal) const {
  bool found = false;
  for (const pid_t pid : descendants_of(pid_)) {
    if (read_text(fmt::format("/proc/{}/comm", pid)) != std::string(name) + "\n") continue;
    found = kill(pid, signal) == 0;
  }
  return found;
}

MuteServer::MuteServer(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  EXPECT_EQ(listen(fd_, 5), 0);
}

MuteServer::~MuteServer() { close(fd_); }

ByteVector noise(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  ByteVector out(bytes);
  for (size_t i = 0; i + 4 <= bytes; i += 4) {
    const uint32_t word = static_cast<uint32_t>(random());
    std::memcpy(out.data() + i, &word, sizeof word);
  }
  return out;
}

Status write_dump(RandomAccess& sink, uint64_t pages) {
  constexpr uint64_t kPage = 4096;
  constexpr uint64_t kBatch = 64;
  FakeVmcore vmcore;
  vmcore.add_note("CORE", 1, ByteVector(336));
  vmcore.add_vmcoreinfo("OSRELEASE=6.1.0\n");
  KdumpParameters parameters;
  parameters.page_size = kPage;
  parameters.max_pfn = Pfn(pages);
  parameters.dump_level = 31;
  parameters.notes = &vmcore.notes();
  KdumpWriter writer(sink, parameters);
  Bitmap all({Pfn(0), Pfn(pages)});
  all.set_range({Pfn(0), Pfn(pages)});
  TRY(writer.write_header());
  TRY(writer.write_bitmaps(Pfn(0), all.bytes(), all.bytes()));
  TRY(writer.begin_pages(pages, false));
  for (uint64_t pfn = 0; pfn < pages; pfn += kBatch) {
    const std::vector<StoredPage> batch(std::min(kBatch, pages - pfn), {kPage, 0, PageFate::stored});
    TRY(writer.add(
        {.index = pfn, .pages = batch, .data = noise(batch.size() * kPage, static_cast<uint32_t>(pfn))}));
  }
  return writer.finish();
}

ByteVector dump_bytes(uint64_t pages) {
  MemorySink memory;
  EXPECT_TRUE(write_dump(memory, pages));
  return memory.bytes;
}

}  // namespace kdump::test
