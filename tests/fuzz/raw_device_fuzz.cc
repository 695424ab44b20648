// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes where a raw device has the files beside a dump: what is found lies in there, under names that
// lead nowhere else. The checksums of headers are made right, so that more than them is looked at.
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "makedumpfile/sink/raw/raw_device.h"

namespace {

using kdump::raw_device::AttachmentHeader;
using kdump::raw_device::kBlockSize;

constexpr uint64_t kDevice = kdump::raw_device::kSmallestDevice;
constexpr uint64_t kArea = kdump::raw_device::attachment_bytes(kDevice);

int make_device() {
  const int fd = memfd_create("device", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, kDevice) != 0) std::abort();
  return fd;
}

void check(const kdump::RawDevice& device, const kdump::RawAttachment& attachment) {
  if (attachment.offset < kDevice - kArea || attachment.offset + attachment.size > kDevice) std::abort();
  for (const std::string& name : {attachment.name, attachment.directory}) {
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) std::abort();
  }
  const auto content = device.read(attachment, kArea);
  if (content && content->size() != attachment.size) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> area(kArea);
  std::memcpy(area.data(), data, std::min<size_t>(size, kArea));
  for (size_t at = 0; at < kArea; at += kBlockSize) {
    AttachmentHeader header;
    std::memcpy(&header, area.data() + at, sizeof header);
    header.header_crc = libdeflate_crc32(0, &header, offsetof(AttachmentHeader, header_crc));
    std::memcpy(area.data() + at, &header, sizeof header);
  }
  static const int fd = make_device();
  if (pwrite(fd, area.data(), area.size(), static_cast<off_t>(kDevice - kArea)) !=
      static_cast<ssize_t>(kArea))
    std::abort();
  const auto device = kdump::RawDevice::open("/proc/self/fd/" + std::to_string(fd));
  if (!device) std::abort();
  const auto found = device->attachments();
  if (!found) std::abort();
  for (const kdump::RawAttachment& attachment : *found) check(*device, attachment);
  return 0;
}
