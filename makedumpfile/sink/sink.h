// SPDX-License-Identifier: GPL-2.0-or-later
// Where a dump goes: a place that can be written anywhere, or one that only takes the next bytes. The
// flattener (makedumpfile/format) makes the first from the second.
//
// New sink = a file, a target kind in `conf`, a VM case. Every sink keeps one promise in its own way: what it
// leaves has its final name only when it is whole.
#pragma once

#include <cstdint>
#include <string>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

// Of settle_every() where an answer costs one round trip.
inline constexpr uint64_t kRoundTripBytes = uint64_t{16} << 20;

class RandomAccess {
 public:
  virtual ~RandomAccess() = default;

  // Errors of a full target are ErrorKind::no_space.
  virtual Status write_at(uint64_t offset, Bytes data) = 0;
  // Gives [offset, offset + size) its space now, so that a later write there cannot find the target full. The
  // bytes read as zeros until written. Nothing where the sink has no such thing.
  virtual Status allocate(uint64_t /*offset*/, uint64_t /*size*/) { return {}; }
  // Whether a byte may be written twice; a stream's reader may not cope with that.
  [[nodiscard]] virtual bool rewritable() const { return true; }
  // Whether an error of a write may come from a later call, as where writes are sent ahead.
  [[nodiscard]] virtual bool answers_late() const { return false; }
  // After how many bytes settle() is worth its price, where answers_late(); as it is, that of a round trip.
  [[nodiscard]] virtual uint64_t settle_every() const { return kRoundTripBytes; }
  // The target has taken every byte written since the last call that succeeded, though it may not be durable
  // yet; where answers_late(), this waits for the answers.
  virtual Status settle() { return {}; }
  // Everything is written again from here on, after an error of write_at or allocate too: what is there
  // counts for nothing, and its space is given back where the sink can do that. ErrorKind::unsupported where
  // there is no second time.
  virtual Status restart() { return {}; }
  // What is there is of no use to anyone: it goes, name and all, where the sink can do that. Nothing is
  // written afterwards.
  virtual Status discard() { return restart(); }
  // What was written is durable, as far as the target can promise.
  virtual Status sync() { return {}; }
  // Makes the dump durable and, where it has a name, final. Nothing is written afterwards.
  virtual Status finish() = 0;
  // Takes finish() back, as a dump of several files needs where one of them fails: what is there has its
  // final name no more.
  virtual void withdraw() {}
  // What stays after an error, for the message ("the incomplete dump is in D-incomplete"); empty when
  // nothing does.
  [[nodiscard]] virtual std::string remains() const { return {}; }
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual Status write(Bytes data) = 0;
  // As RandomAccess has it; what was written before is gone or without meaning.
  virtual Status restart() { return fail(ErrorKind::unsupported, "a stream is written only once"); }
  // All bytes are out; durable where the stream can know.
  virtual Status finish() = 0;
};

}  // namespace kdump
