/* Hosts by what their address says, without asking anybody: whether bytes that go there in the clear can be read on
 * their way. */
#ifndef HR_BASE_HOST_H
#define HR_BASE_HOST_H

#include "base/view.h"

/* The host of "USER@HOST:PORT", "[IPv6]:PORT" and the like; brackets are left out. Empty where there is none, or where
 * two readers might find different ones (a second '@'). Borrowed. */
struct hr_view hr_host_of_authority(struct hr_view authority);

/* "localhost", 127.0.0.0/8 in four numbers, ::1: this machine, whoever looks the name up. */
bool hr_host_is_loopback(struct hr_view host);

/* 169.254.0.0/16, and Amazon's fd00:ec2::/32: no router passes it on. Where the machine's own host answers. */
bool hr_host_is_link_local(struct hr_view host);

#endif
