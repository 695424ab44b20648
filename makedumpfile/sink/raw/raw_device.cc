// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/raw/raw_device.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "common/layout/flattened.h"
#include "common/text.h"
#include "makedumpfile/sink/raw/device_signature.h"
#include "makedumpfile/sink/raw/raw_stream.h"

namespace kdump {
namespace {

using raw_device::AttachmentHeader;
using raw_device::kBlockSize;

constexpr size_t kMostAttachments = 1000;  // more is a device gone wrong

uint32_t header_crc(const AttachmentHeader& header) {
  return libdeflate_crc32(0, &header, offsetof(AttachmentHeader, header_crc));
}

// The text of a field that ends with a NUL; nothing when it has none, or holds what no file's name can.
template <size_t Size>
std::optional<std::string> name_in(const char (&field)[Size]) {
  const size_t length = strnlen(field, Size);
  const std::string_view text(field, length);
  if (length == 0 || length == Size || text.contains('/') || text.starts_with('.')) return std::nullopt;
  return std::string(text);
}

std::optional<RawAttachment> attachment_of(const AttachmentHeader& header, uint64_t offset, uint64_t end) {
  if (std::memcmp(header.signature, raw_device::kAttachmentSignature, sizeof header.signature) != 0 ||
      header.version != raw_device::kAttachmentVersion || header.header_crc != header_crc(header))
    return std::nullopt;
  const auto directory = name_in(header.directory);
  const auto name = name_in(header.name);
  const uint64_t size = header.size;
  if (!directory || !name || size > end - offset - kBlockSize) return std::nullopt;
  return RawAttachment{*directory, *name, offset + kBlockSize, size, header.content_crc};
}

uint64_t end_of(const RawAttachment& attachment) {
  return attachment.offset + (attachment.size + kBlockSize - 1) / kBlockSize * kBlockSize;
}

template <size_t Size>
Status set_name(char (&field)[Size], const std::string& name) {
  if (name.empty() || name.size() >= Size || name.contains('/') || name.starts_with('.'))
    return fail("'{}' is no name for an attachment of a raw dump", name);
  std::memcpy(field, name.data(), name.size());
  return {};
}

}  // namespace

// The content goes behind the place of the header, which is written last.
class RawAttachmentStream final : public Stream {
 public:
  RawAttachmentStream(RawDevice& device, const AttachmentHeader& header)
      : device_(device), header_(header), content_(device.next_ + kBlockSize), at_(content_) {}

  Status write(Bytes data) override {
    if (data.size() > device_.usable_ - at_)
      return fail(ErrorKind::no_space, "{}: no room for {}, the last {} hold the files beside the dump",
                  device_.path_, header_.name, human_size(raw_device::attachment_bytes(device_.usable_)));
    TRY(with_context(pwrite_all(device_.fd(), data, at_), "{}", device_.path_));
    crc_ = libdeflate_crc32(crc_, data.data(), data.size());
    at_ += data.size();
    return {};
  }

  Status finish() override {
    header_.size = at_ - content_;
    header_.content_crc = crc_;
    header_.header_crc = header_crc(header_);
    TRY(end_list());
    TRY(device_.sync());
    std::array<std::byte, kBlockSize> block{};
    std::memcpy(block.data(), &header_, sizeof header_);
    TRY(with_context(pwrite_all(device_.fd(), block, device_.next_), "{}", device_.path_));
    TRY(device_.sync());
    device_.next_ = (at_ + kBlockSize - 1) / kBlockSize * kBlockSize;
    return {};
  }

 private:
  // Zeros up to the next block, and in it, where a header may stand that another crash left.
  Status end_list() {
    const std::array<std::byte, 2 * kBlockSize> zeros{};
    const uint64_t end = std::min(device_.usable_, (at_ / kBlockSize + 2) * kBlockSize);
    return with_context(pwrite_all(device_.fd(), Bytes(zeros).first(end - at_), at_), "{}", device_.path_);
  }

  RawDevice& device_;
  AttachmentHeader header_;
  uint64_t content_;
  uint64_t at_;
  uint32_t crc_ = 0;
};

Result<RawDevice> RawDevice::open(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return fail_errno(errno, "cannot open {}", path);
  if (!S_ISBLK(status.st_mode) && !S_ISREG(status.st_mode))
    return fail("{} is not a block device; a raw dump needs one", path);
  // O_EXCL: the kernel refuses a block device that is mounted or part of another one (open(2)).
  UniqueFd fd = TRY(open_file(path, O_RDWR | (S_ISBLK(status.st_mode) ? O_EXCL : 0)));
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return fail_errno(errno, "cannot tell the size of {}", path);
  const uint64_t usable = raw_device::usable_bytes(static_cast<uint64_t>(size));
  if (usable < raw_device::kSmallestDevice)
    return fail("{} has {}, a raw dump needs at least {}", path, human_size(usable),
                human_size(raw_device::kSmallestDevice));
  return RawDevice(path, std::move(fd), usable);
}

Result<RawDump> RawDevice::dump() const {
  flattened::StartHeader header{};
  TRY(with_context(pread_exact(fd(), mutable_bytes_of(header), 0), "{}", path_));
  if (std::memcmp(header.signature, flattened::kSignature, sizeof header.signature) == 0)
    return RawDump::whole;
  if (std::memcmp(header.signature, raw_device::kIncompleteSignature, sizeof header.signature) == 0)
    return RawDump::incomplete;
  return RawDump::none;
}

Result<std::vector<RawAttachment>> RawDevice::attachments() const {
  std::vector<RawAttachment> found;
  for (uint64_t offset = stream_limit(); usable_ - offset >= kBlockSize && found.size() < kMostAttachments;) {
    AttachmentHeader header;
    TRY(with_context(pread_exact(fd(), mutable_bytes_of(header), offset), "{}", path_));
    auto attachment = attachment_of(header, offset, usable_);
    if (!attachment || (!found.empty() && attachment->directory != found.front().directory)) break;
    offset = end_of(*attachment);
    found.push_back(std::move(*attachment));
  }
  return found;
}

Result<ByteVector> RawDevice::read(const RawAttachment& attachment, uint64_t limit) const {
  if (attachment.size > limit)
    return fail(ErrorKind::corrupt, "{}: {} has {} bytes, expected at most {}", path_, attachment.name,
                attachment.size, limit);
  ByteVector content(attachment.size);
  TRY(with_context(pread_exact(fd(), content, attachment.offset), "{}", path_));
  if (libdeflate_crc32(0, content.data(), content.size()) != attachment.crc)
    return fail(ErrorKind::corrupt, "{}: {} is damaged: its checksum is wrong", path_, attachment.name);
  return content;
}

Status RawDevice::refuse_signature() const {
  const std::string signature = TRY(with_context(device_signature(fd()), "{}", path_));
  if (signature.empty()) return {};
  return fail("{} holds {}, which a raw dump would destroy (wipefs -a {} if it may go)", path_, signature,
              path_);
}

Status RawDevice::begin(const std::string& directory) {
  TRY(refuse_signature());
  if (TRY(dump()) == RawDump::whole)
    return fail("{} holds a dump that was not taken from it yet, which another one would destroy", path_);
  directory_ = directory;
  next_ = stream_limit();
  return forget();
}

Status RawDevice::resume(const std::string& directory) {
  TRY(refuse_signature());
  directory_ = directory;
  next_ = stream_limit();
  for (const RawAttachment& attachment : TRY(attachments())) {
    if (attachment.directory == directory) next_ = end_of(attachment);
  }
  return {};
}

Result<std::unique_ptr<Stream>> RawDevice::create_dump() {
  if (TRY(dump()) == RawDump::whole) return fail("{} holds a whole dump already", path_);
  return RawStream::create(fd(), path_, stream_limit());
}

Result<std::unique_ptr<Stream>> RawDevice::create_attachment(const std::string& name) {
  AttachmentHeader header;
  std::memcpy(header.signature, raw_device::kAttachmentSignature, sizeof header.signature);
  header.version = raw_device::kAttachmentVersion;
  TRY(set_name(header.directory, directory_));
  TRY(set_name(header.name, name));
  if (usable_ - next_ < kBlockSize)
    return fail(ErrorKind::no_space, "{}: no room for {} beside the dump", path_, name);
  return std::make_unique<RawAttachmentStream>(*this, header);
}

Status RawDevice::put_attachment(const std::string& name, Bytes content) {
  const auto file = create_attachment(name);
  if (!file) return Failure(file.error());
  TRY((*file)->write(content));
  return (*file)->finish();
}

Status RawDevice::forget() {
  TRY(zero_block(0));
  return forget_attachments();
}

Status RawDevice::forget_attachments() {
  TRY(zero_block(stream_limit()));
  return sync();
}

Status RawDevice::zero_block(uint64_t offset) {
  const std::array<std::byte, kBlockSize> zeros{};
  return with_context(pwrite_all(fd(), zeros, offset), "{}", path_);
}

Status RawDevice::sync() {
  if (fsync(fd()) != 0) return fail_errno(errno, "cannot sync {}", path_);
  return {};
}

}  // namespace kdump
