// The opener's list of system calls (seccomp(2)).
#pragma once

namespace dipper {

// From here on any other call ends the process. True also where the kernel has no seccomp or the
// machine is one that the list is not written for: the opener is then held by its capabilities
// alone. False when an installable filter is refused.
bool allow_only_what_is_needed(bool conntrack);

}  // namespace dipper
