// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_shell_directory.h"

#include <algorithm>
#include <charconv>

#include "makedumpfile/sink/ssh/scp_stream.h"
#include "makedumpfile/sink/ssh/ssh_shell.h"

namespace kdump {
namespace {

constexpr size_t kMostRead = 32768;

// $p and $n: the directory to make in which parent. `mkdir` alone tells whether a name is taken.
constexpr std::string_view kMakeDirectory = R"(
umask 022; mkdir -p -- "$p" || exit 1
umask 077; i=1; d=$p/$n
while ! mkdir -- "$d" 2>/dev/null; do
  [ -e "$d" ] || { mkdir -- "$d"; exit 1; }
  i=$((i+1)); [ $i -le 1000 ] || { echo "$d and all before it are taken" >&2; exit 1; }
  d=$p/$n-$i
done
printf 'kdump:%s\n' "$d")";

// $f and $t: the file that has grown and its name; $s: its size.
constexpr std::string_view kMakeFinal = R"(
sync -- "$f" 2>/dev/null || sync || exit 1
b=$(($(wc -c < "$f"))) || exit 1
[ "$b" = "$s" ] || { echo "$f has $b bytes, expected $s" >&2; exit 1; }
mv -f -- "$f" "$t" || exit 1
printf 'kdump:%s\n' "$b")";

std::string assign(std::string_view variable, std::string_view value) {
  return fmt::format("{}={}\n", variable, shell_quoted(value));
}

// What both ways of sending have in common: the file is checked and gets its name when all is there.
class ShellStream : public Stream {
 public:
  ShellStream(SshSession& session, std::string path) : session_(session), path_(std::move(path)) {}

  Status write(Bytes data) override {
    size_ += data.size();
    return send(data);
  }
  Status finish() override {
    TRY(end());
    TRY(run_script(session_,
                   assign("f", growing()) + assign("t", path_) + assign("s", std::to_string(size_)) +
                       std::string(kMakeFinal),
                   "complete " + path_));
    return {};
  }

 protected:
  virtual Status send(Bytes data) = 0;
  virtual Status end() = 0;
  // What was sent counts for nothing.
  void forget() { size_ = 0; }
  [[nodiscard]] std::string growing() const { return path_ + std::string(kRemoteIncomplete); }
  [[nodiscard]] SshSession& session() const { return session_; }

 private:
  SshSession& session_;
  std::string path_;
  uint64_t size_ = 0;
};

class CatStream : public ShellStream {
 public:
  using ShellStream::ShellStream;

  Status start() {
    const std::string word = shell_quoted(growing());
    channel_ = TRY(session().execute(shell_command("umask 077; rm -f -- " + word + "; exec cat > " + word)));
    return {};
  }
  Status restart() override {
    channel_.reset();
    forget();
    return start();
  }

 protected:
  Status send(Bytes data) override { return channel_->write(data); }
  Status end() override {
    const RemoteExit exit = TRY(channel_->finish());
    if (!exit.succeeded()) return remote_failure(session(), exit, "write " + growing());
    channel_.reset();
    return {};
  }

 private:
  std::unique_ptr<SshChannel> channel_;
};

class ScpStream : public ShellStream {
 public:
  using ShellStream::ShellStream;

  Status start(uint64_t size) {
    sender_ = std::make_unique<ScpSender>(TRY(ScpSender::start(session(), growing(), size)));
    return {};
  }

 protected:
  Status send(Bytes data) override { return sender_->write(data); }
  Status end() override {
    TRY(sender_->finish());
    sender_.reset();
    return {};
  }

 private:
  std::unique_ptr<ScpSender> sender_;
};

class ShellDirectory : public RemoteDirectory {
 public:
  ShellDirectory(SshSession& session, ShellTransfer transfer, std::string path)
      : session_(session), transfer_(transfer), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  Result<std::unique_ptr<RandomAccess>> create(const std::string& name) override {
    return fail(ErrorKind::unsupported, "{}: {} can only be written from its start to its end without SFTP",
                session_.peer(), inside(name));
  }
  Result<std::unique_ptr<Stream>> create_stream(const std::string& name,
                                                std::optional<uint64_t> size) override;
  Result<ByteVector> read(const std::string& name, size_t limit) override;
  Status remove(const std::string& name) override { return run("rm -- ", inside(name)); }
  Status remove_itself() override { return run("rmdir -- ", path_); }
  Result<std::optional<uint64_t>> free_bytes() override;
  Status keep_alive() override { return session_.keep_alive(); }

 private:
  [[nodiscard]] std::string inside(const std::string& name) const { return path_ + "/" + name; }
  Status run(std::string_view command, const std::string& path) {
    TRY(run_script(session_, fmt::format("{}{} && echo kdump:", command, shell_quoted(path)),
                   "remove " + path));
    return {};
  }

  SshSession& session_;
  ShellTransfer transfer_;
  std::string path_;
};

Result<std::unique_ptr<Stream>> ShellDirectory::create_stream(const std::string& name,
                                                              std::optional<uint64_t> size) {
  if (transfer_ == ShellTransfer::cat || !size) {
    auto stream = std::make_unique<CatStream>(session_, inside(name));
    TRY(stream->start());
    return stream;
  }
  auto stream = std::make_unique<ScpStream>(session_, inside(name));
  TRY(stream->start(*size));
  return stream;
}

Result<ByteVector> ShellDirectory::read(const std::string& name, size_t limit) {
  const std::string path = inside(name);
  const auto channel = TRY(session_.execute(
      shell_command(fmt::format("head -c {} -- {}", std::min(limit, kMostRead), shell_quoted(path)))));
  const RemoteExit exit = TRY(channel->finish());
  if (!exit.succeeded()) return remote_failure(session_, exit, "read " + path);
  const Bytes content = bytes_of(std::string_view(exit.output));
  return ByteVector(content.begin(), content.end());
}

Result<std::optional<uint64_t>> ShellDirectory::free_bytes() {
  const std::string text = TRY(run_script(
      session_,
      fmt::format("set -- $(df -Pk -- {} | tail -n 1); printf 'kdump:%s\\n' \"$4\"", shell_quoted(path_)),
      "ask for the space of " + path_));
  uint64_t kilobytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), kilobytes);
  if (error != std::errc() || end != text.data() + text.size()) return std::optional<uint64_t>();
  return std::optional(kilobytes * 1024);
}

}  // namespace

Result<std::unique_ptr<RemoteDirectory>> open_shell_directory(SshSession& session, ShellTransfer transfer,
                                                              const std::string& parent,
                                                              const std::string& name) {
  std::string path =
      TRY(run_script(session, assign("p", parent) + assign("n", name) + std::string(kMakeDirectory),
                     "create a directory in " + parent));
  return std::make_unique<ShellDirectory>(session, transfer, std::move(path));
}

Result<std::unique_ptr<RemoteDirectory>> reopen_shell_directory(SshSession& session, ShellTransfer transfer,
                                                                const std::string& path) {
  TRY(run_script(session, assign("d", path) + R"(cd -- "$d" && echo kdump:)", "go to " + path));
  return std::make_unique<ShellDirectory>(session, transfer, path);
}

}  // namespace kdump
