// SPDX-License-Identifier: GPL-2.0-or-later
// Little BTF sections, made by libbpf.
#pragma once

#include <bpf/btf.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "common/bytes.h"

namespace kdump::test {

class FakeBtf {
 public:
  struct Member {
    const char* name;  // "": anonymous
    int type;
    unsigned offset;  // bytes
  };
  struct Enumerator {
    const char* name;
    int64_t value;
  };

  FakeBtf() : btf_(btf__new_empty()), int_(checked(btf__add_int(btf_.get(), "int", 4, BTF_INT_SIGNED))) {
    long_ = checked(btf__add_int(btf_.get(), "long unsigned int", 8, 0));
  }

  [[nodiscard]] int int_type() const { return int_; }
  [[nodiscard]] int long_type() const { return long_; }
  int array(int of, unsigned length) { return checked(btf__add_array(btf_.get(), int_, of, length)); }
  int type_definition(const char* name, int of) { return checked(btf__add_typedef(btf_.get(), name, of)); }
  int structure(const char* name, unsigned size, std::initializer_list<Member> members) {
    const int id = checked(btf__add_struct(btf_.get(), name, size));
    add(members);
    return id;
  }
  int union_of(const char* name, unsigned size, std::initializer_list<Member> members) {
    const int id = checked(btf__add_union(btf_.get(), name, size));
    add(members);
    return id;
  }
  // A struct of one bit-field.
  int bit_field(const char* name, const char* member) {
    const int id = checked(btf__add_struct(btf_.get(), name, 4));
    checked(btf__add_field(btf_.get(), member, int_, 8, 3));
    return id;
  }
  int enumeration(const char* name, std::initializer_list<Enumerator> enumerators, unsigned size = 4) {
    const int id = size == 8 ? checked(btf__add_enum64(btf_.get(), name, size, false))
                             : checked(btf__add_enum(btf_.get(), name, size));
    for (const Enumerator& e : enumerators) {
      checked(size == 8 ? btf__add_enum64_value(btf_.get(), e.name, static_cast<uint64_t>(e.value))
                        : btf__add_enum_value(btf_.get(), e.name, e.value));
    }
    return id;
  }

  [[nodiscard]] ByteVector bytes() const {
    unsigned size = 0;
    const void* data = btf__raw_data(btf_.get(), &size);
    if (data == nullptr) std::abort();
    const Bytes raw(static_cast<const std::byte*>(data), size);
    return {raw.begin(), raw.end()};
  }

 private:
  struct Free {
    void operator()(btf* types) const { btf__free(types); }
  };
  // What libbpf refuses here is a mistake of the test.
  static int checked(int result) {
    if (result < 0) std::abort();
    return result;
  }
  void add(std::initializer_list<Member> members) {
    for (const Member& m : members) checked(btf__add_field(btf_.get(), m.name, m.type, m.offset * 8, 0));
  }

  std::unique_ptr<btf, Free> btf_;
  int int_;
  int long_ = 0;
};

}  // namespace kdump::test
