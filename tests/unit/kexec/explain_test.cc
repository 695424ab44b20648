// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/explain.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace kdump::kexec {
namespace {

using ::testing::HasSubstr;

SystemFacts healthy() {
  SystemFacts facts;
  facts.machine = "x86_64";
  facts.may_boot = true;
  facts.reservation = Reservation{{{PhysAddr(0), PhysAddr(128 << 20)}}};
  return facts;
}

TEST(Explain, PermissionHasTheCauseThatApplies) {
  SystemFacts facts = healthy();
  EXPECT_THAT(explain(EPERM, {facts}).cause, HasSubstr("security module"));
  facts.lockdown = "integrity";
  EXPECT_THAT(explain(EPERM, {facts}).cause, HasSubstr("locked down (integrity)"));
  facts.loads_left = 0;
  EXPECT_THAT(explain(EPERM, {facts}).cause, HasSubstr("kexec_load_limit_panic"));
  facts.load_disabled = true;
  EXPECT_THAT(explain(EPERM, {facts}).cause, HasSubstr("kexec_load_disabled"));
  facts.may_boot = false;
  EXPECT_THAT(explain(EPERM, {facts}).cause, HasSubstr("CAP_SYS_BOOT"));
}

TEST(Explain, MissingRoomHasNumbersAndAValueToBootWith) {
  const SystemFacts facts = healthy();
  const Explanation why = explain(EADDRNOTAVAIL, {facts, 200 << 20});
  EXPECT_THAT(why.cause, HasSubstr("128.0 MiB, of which they need at least 200.0 MiB"));
  EXPECT_THAT(why.remedy, HasSubstr("crashkernel=288M"));
}

TEST(Explain, UnknownNeedIsLeftOut) {
  const SystemFacts facts = healthy();
  EXPECT_EQ(explain(EADDRNOTAVAIL, {facts}).cause,
            "kernel and initrd do not fit into the crash kernel memory: 128.0 MiB");
}

TEST(Explain, NoReservationIsNotAMatterOfRoom) {
  SystemFacts facts = healthy();
  facts.reservation = Reservation{};
  EXPECT_THAT(explain(EADDRNOTAVAIL, {facts}).cause, HasSubstr("no memory is reserved"));
}

class KnownErrno : public ::testing::TestWithParam<int> {};

TEST_P(KnownErrno, HasACauseAndARemedy) {
  const SystemFacts facts = healthy();
  const Explanation why = explain(GetParam(), {facts});
  EXPECT_THAT(why.cause, ::testing::Not(HasSubstr("not an answer")));
  EXPECT_FALSE(why.remedy.empty());
  EXPECT_EQ((why.cause + why.remedy).find_first_of("{}\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Documented, KnownErrno,
                         ::testing::Values(EPERM, EACCES, ENOKEY, EKEYREJECTED, ENODATA, ELIBBAD, EBADMSG,
                                           EMSGSIZE, ENOPKG, 524, ENOEXEC, EINVAL, EADDRNOTAVAIL, ENOMEM,
                                           EBUSY, EFBIG, EIO, ETXTBSY, ENOSYS, EBADF, EFAULT));

TEST(Explain, UnknownErrnoIsAdmitted) {
  const SystemFacts facts = healthy();
  EXPECT_THAT(explain(EXDEV, {facts}).cause, HasSubstr("not an answer"));
}

}  // namespace
}  // namespace kdump::kexec
