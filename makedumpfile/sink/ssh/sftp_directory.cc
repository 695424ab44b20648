// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/sftp_directory.h"

#include <cerrno>

#include "makedumpfile/sink/remote/remote_file.h"
#include "makedumpfile/sink/ssh/sftp_client.h"

namespace kdump {
namespace {

class SftpFile final : public RemoteFile {
 public:
  SftpFile(SftpClient& client, std::string path, SftpHandle handle)
      : RemoteFile(client.peer(), std::move(path), handle.path),
        client_(client),
        handle_(std::move(handle)) {}

  Status sync() override {
    TRY(client_.sync(handle_));
    return {};
  }

 private:
  Status put(uint64_t offset, Bytes data) override { return client_.write(handle_, offset, data); }
  Status drain() override { return client_.drain(); }
  Status truncate(uint64_t size) override { return client_.truncate(handle_, size); }
  Result<uint64_t> size_there() override { return client_.size(handle_); }
  Status close() override { return client_.close(handle_); }
  Status rename(const std::string& from, const std::string& to) override { return client_.rename(from, to); }
  Status remove(const std::string& path) override { return client_.remove(path); }

  SftpClient& client_;
  SftpHandle handle_;
};

class SftpDirectory : public RemoteDirectory {
 public:
  SftpDirectory(SshSession& session, std::unique_ptr<SftpClient> client, std::string path)
      : session_(session), client_(std::move(client)), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  Result<std::unique_ptr<RandomAccess>> create(const std::string& name) override { return make_file(name); }
  Result<std::unique_ptr<Stream>> create_stream(const std::string& name, std::optional<uint64_t>) override {
    return make_file(name);
  }
  Result<ByteVector> read(const std::string& name, size_t limit) override;
  Status remove(const std::string& name) override { return client_->remove(inside(name)); }
  Status remove_itself() override { return client_->remove_directory(path_); }
  Result<std::optional<uint64_t>> free_bytes() override { return client_->free_bytes(path_); }
  Status keep_alive() override { return session_.keep_alive(); }

 private:
  [[nodiscard]] std::string inside(const std::string& name) const { return path_ + "/" + name; }
  Result<std::unique_ptr<SftpFile>> make_file(const std::string& name);

  SshSession& session_;
  std::unique_ptr<SftpClient> client_;
  std::string path_;
};

Result<std::unique_ptr<SftpFile>> SftpDirectory::make_file(const std::string& name) {
  const std::string growing = inside(name) + std::string(kRemoteIncomplete);
  Result<SftpHandle> handle = client_->create(growing);
  if (!handle && TRY(client_->exists(growing))) {
    // Of an earlier attempt.
    TRY(client_->remove(growing));
    handle = client_->create(growing);
  }
  return std::make_unique<SftpFile>(*client_, inside(name), TRY(std::move(handle)));
}

Result<ByteVector> SftpDirectory::read(const std::string& name, size_t limit) {
  const SftpHandle file = TRY(client_->open_to_read(inside(name)));
  ByteVector content = TRY(client_->read(file, limit));
  TRY(client_->close(file));
  return content;
}

// From the top: what is there is fine, whoever made it.
Status make_parents(SftpClient& client, const std::string& path) {
  if (TRY(client.exists(path))) return {};
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    const Status made = client.make_directory(part, 0755);
    if (!made && made.error().errno_value() != EEXIST && !TRY(client.exists(part))) return made;
    if (end == std::string::npos) return {};
  }
}

}  // namespace

Result<std::unique_ptr<RemoteDirectory>> open_sftp_directory(SshSession& session, const std::string& parent,
                                                             const std::string& name) {
  std::unique_ptr<SshChannel> channel = TRY(session.open_sftp());
  auto client = TRY(SftpClient::start(std::move(channel), session.peer()));
  TRY(make_parents(*client, parent));
  for (int attempt = 1; attempt <= kMaxRemoteCollisions; ++attempt) {
    std::string path = fmt::format("{}/{}", parent, numbered_name(name, attempt));
    const Status made = client->make_directory(path, 0700);
    if (made) return std::make_unique<SftpDirectory>(session, std::move(client), std::move(path));
    if (made.error().errno_value() != EEXIST) return Failure(made.error());
  }
  return fail("{}: {}/{} and {} names more are taken", session.peer(), parent, name,
              kMaxRemoteCollisions - 1);
}

Result<std::unique_ptr<RemoteDirectory>> reopen_sftp_directory(SshSession& session, const std::string& path) {
  std::unique_ptr<SshChannel> channel = TRY(session.open_sftp());
  auto client = TRY(SftpClient::start(std::move(channel), session.peer()));
  if (!TRY(client->exists(path))) return fail_errno(ENOENT, "{}: {}", session.peer(), path);
  return std::make_unique<SftpDirectory>(session, std::move(client), path);
}

}  // namespace kdump
