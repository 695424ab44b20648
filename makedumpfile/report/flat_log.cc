// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/flat_log.h"

#include <algorithm>
#include <bit>
#include <string>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/report/block_reader.h"
#include "makedumpfile/report/log_variables.h"

namespace kdump {
namespace {

// log_buf_len= takes any power of two of an int.
constexpr uint64_t kMaxBuffer = uint64_t{1} << 30;
constexpr uint64_t kPiece = 65536;

struct Buffer {
  VirtAddr begin;
  uint64_t size;
  uint64_t end;    // counts every byte; modulo size it is the place in the buffer
  uint64_t count;  // bytes to show, before the end
};

Result<Buffer> find_buffer(const Facts& facts, VirtualReader& memory, LogPart part) {
  Buffer buffer{};
  buffer.begin = VirtAddr(TRY(log_variable<le64>(facts, memory, "log_buf")));
  buffer.size = TRY(log_variable<le32>(facts, memory, "log_buf_len"));
  if (!std::has_single_bit(buffer.size) || buffer.size > kMaxBuffer) {
    return fail(ErrorKind::corrupt, "log_buf_len is {}, expected a power of two up to {}", buffer.size,
                kMaxBuffer);
  }
  // It was an unsigned long until 2.6.25; the lower half of that says the same but after 4 GiB of log.
  buffer.end = TRY(log_variable<le32>(facts, memory, "log_end"));
  buffer.count = std::min(buffer.end, buffer.size);
  if (part == LogPart::since_clear && facts.symbol("logged_chars"))
    buffer.count = std::min(TRY(log_variable<le32>(facts, memory, "logged_chars")), buffer.count);
  return buffer;
}

// Puts pieces of text together to lines.
class Lines {
 public:
  explicit Lines(const LineSink& emit) : emit_(emit) {}

  Status add(std::string_view text) {
    for (const char c : text) {
      line_ += c;
      if (c == '\n' || line_.size() >= kLongestLine) TRY(flush());
    }
    return {};
  }
  Status finish() {
    if (line_.empty()) return {};
    line_ += '\n';
    return flush();
  }

 private:
  Status flush() {
    TRY(emit_(line_));
    line_.clear();
    return {};
  }

  const LineSink& emit_;
  std::string line_;
};

}  // namespace

Status read_flat_log(const KernelInfo& kernel, LogPart part, const LineSink& emit) {
  VirtualReader memory = TRY(kernel.address_space().reader());
  const Buffer buffer = TRY(find_buffer(kernel.facts(), memory, part));
  BlockReader reader(memory);
  Lines lines(emit);
  for (uint64_t position = buffer.end - buffer.count; position < buffer.end;) {
    const uint64_t place = position & (buffer.size - 1);
    const uint64_t size = std::min({buffer.end - position, buffer.size - place, kPiece});
    const Bytes piece = TRY(reader.at(buffer.begin + place, size));
    TRY(lines.add(text_of(piece)));
    position += size;
  }
  return lines.finish();
}

}  // namespace kdump
