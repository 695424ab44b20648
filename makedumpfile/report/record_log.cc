// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/record_log.h"

#include <algorithm>
#include <cstring>

#include "common/endian.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/report/block_reader.h"
#include "makedumpfile/report/log_variables.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxBuffer = uint64_t{1} << 31;  // LOG_BUF_LEN_MAX of kernel/printk/printk.c
constexpr uint64_t kMaxHeader = 4096;

// Where things are in the header of a record, bytes.
struct Layout {
  uint64_t size, ts_nsec, len, text_len;
  std::optional<uint64_t> caller_id;  // CONFIG_PRINTK_CALLER, since 15ff2069cb7f (5.1)
};

struct Buffer {
  VirtAddr begin;
  uint64_t size;
  uint64_t first, next;  // offsets of the records to show, and of the end
};

template <typename T>
T load(Bytes bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

Result<uint64_t> member(const Facts& facts, std::string_view type, uint64_t size, std::string_view name,
                        uint64_t bytes) {
  const uint64_t offset = TRY(facts.need_offset(fmt::format("{}.{}", type, name)));
  if (offset <= size && bytes <= size - offset) return offset;
  return fail(ErrorKind::corrupt, "VMCOREINFO: OFFSET({}.{})={} is outside the {} bytes of it", type, name,
              offset, size);
}

Result<Layout> layout_of(const Facts& facts) {
  const std::string_view type = facts.size("printk_log") ? "printk_log" : "log";
  Layout layout{};
  layout.size = TRY(facts.need_size(type));
  if (layout.size > kMaxHeader)
    return fail(ErrorKind::corrupt, "VMCOREINFO: SIZE({})={}, at most {} is expected", type, layout.size,
                kMaxHeader);
  layout.ts_nsec = TRY(member(facts, type, layout.size, "ts_nsec", sizeof(le64)));
  layout.len = TRY(member(facts, type, layout.size, "len", sizeof(le16)));
  layout.text_len = TRY(member(facts, type, layout.size, "text_len", sizeof(le16)));
  if (facts.offset(fmt::format("{}.caller_id", type)))
    layout.caller_id = TRY(member(facts, type, layout.size, "caller_id", sizeof(le32)));
  return layout;
}

Result<Buffer> find_buffer(const Facts& facts, VirtualReader& memory, LogPart part) {
  const bool partial = part == LogPart::since_clear && facts.symbol("clear_idx");
  Buffer buffer{};
  buffer.begin = VirtAddr(TRY(log_variable<le64>(facts, memory, "log_buf")));
  buffer.size = TRY(log_variable<le32>(facts, memory, "log_buf_len"));
  buffer.first = TRY(log_variable<le32>(facts, memory, partial ? "clear_idx" : "log_first_idx"));
  buffer.next = TRY(log_variable<le32>(facts, memory, "log_next_idx"));
  if (buffer.size == 0 || buffer.size > kMaxBuffer)
    return fail(ErrorKind::corrupt, "log_buf_len is {}, expected 1 to {}", buffer.size, kMaxBuffer);
  if (std::max(buffer.first, buffer.next) > buffer.size) {
    return fail(ErrorKind::corrupt, "the log goes from {:#x} to {:#x} of {:#x} bytes", buffer.first,
                buffer.next, buffer.size);
  }
  return buffer;
}

class RecordWalk {
 public:
  RecordWalk(const Layout& layout, const Buffer& buffer, const VirtualReader& memory)
      : layout_(layout), buffer_(buffer), headers_(memory), texts_(memory) {}

  // Offsets only grow, but for one step back to the start, so that it ends whatever the records say.
  Status read_all(const RecordSink& take) {
    bool wrapped = false;
    for (uint64_t at = buffer_.first; at != buffer_.next;) {
      if (at > buffer_.size || layout_.size > buffer_.size - at)
        return damaged(at, "is beyond the buffer's {:#x} bytes", buffer_.size);
      const Bytes header = TRY(headers_.at(buffer_.begin + at, layout_.size));
      const uint64_t len = load<le16>(header, layout_.len);
      if (len == 0 && wrapped) return damaged(at, "is empty, and so was one before");
      if (len == 0) {
        wrapped = true;
        at = 0;
        continue;
      }
      if (len < layout_.size || len > buffer_.size - at) return damaged(at, "says it has {} bytes", len);
      TRY(pass_on(header, at, len, take));
      at += len;
    }
    return {};
  }

 private:
  Status pass_on(Bytes header, uint64_t at, uint64_t len, const RecordSink& take) {
    const uint64_t size = std::min<uint64_t>(load<le16>(header, layout_.text_len), len - layout_.size);
    LogRecord record{load<le64>(header, layout_.ts_nsec), std::nullopt, {}};
    if (layout_.caller_id) record.caller_id = load<le32>(header, *layout_.caller_id);
    record.text = text_of(TRY(texts_.at(buffer_.begin + at + layout_.size, size)));
    return take(record);
  }

  template <typename... Args>
  static Failure damaged(uint64_t at, fmt::format_string<Args...> format, Args&&... args) {
    return fail(ErrorKind::corrupt, "the log is damaged: the record at {:#x} of log_buf {}", at,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Layout layout_;
  Buffer buffer_;
  BlockReader headers_, texts_;
};

}  // namespace

Status read_record_log(const KernelInfo& kernel, LogPart part, const RecordSink& take) {
  VirtualReader memory = TRY(kernel.address_space().reader());
  const Layout layout = TRY(layout_of(kernel.facts()));
  const Buffer buffer = TRY(find_buffer(kernel.facts(), memory, part));
  return RecordWalk(layout, buffer, memory).read_all(take);
}

}  // namespace kdump
