// mmap, its sliding resident window, and the SIGBUS guard.
#include "sources/mapping.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>

namespace dipper {
namespace {

// Resident behind the reader: more than full queues of a few workers hold (8 bursts of 256 packets
// of 1,500 bytes are 3 MB), so consumers never touch a dropped page; one that does only faults it
// in again. Dropping by 4 MB makes the cost 0.01 system calls for a thousand packets.
constexpr size_t window = 16 << 20;
constexpr size_t step = 4 << 20;

// What the handler knows. More mappings than slots at once are merely not guarded.
struct Guarded {
  std::atomic<bool> taken{false};
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<bool> lost{false};
};
Guarded guarded[16];
struct sigaction previous;
uintptr_t page_mask;

// Replaces what is left of the mapping by zeros and lets the faulting read go on. mmap is a bare
// system call.
void on_bus_error(int signal_number, siginfo_t* info, void* context) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Guarded& g : guarded) {
    const uintptr_t begin = g.begin.load(std::memory_order_acquire),
                    end = g.end.load(std::memory_order_acquire);
    if (address < begin || address >= end) continue;
    const uintptr_t page = address & page_mask;
    if (mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
      g.lost.store(true, std::memory_order_release);
      return;
    }
  }
  // Not ours: as if this handler were not there.
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signal_number, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(signal_number);
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  sigaction(signal_number, &standard,
            nullptr);  // the read faults again and the default action follows
}

int guard(const uint8_t* data, size_t size) {
  static std::once_flag once;
  std::call_once(once, [] {
    page_mask = ~(static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)) - 1);
    struct sigaction action{};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGBUS, &action, &previous);
  });
  for (int i = 0; i < static_cast<int>(sizeof guarded / sizeof *guarded); ++i) {
    Guarded& g = guarded[i];
    if (g.taken.exchange(true)) continue;
    g.lost.store(false);
    g.end.store(reinterpret_cast<uintptr_t>(data) + size, std::memory_order_release);
    g.begin.store(reinterpret_cast<uintptr_t>(data), std::memory_order_release);
    return i;
  }
  return -1;
}

}  // namespace

std::unique_ptr<Mapping> Mapping::open(int fd, size_t size) {
  if (size == 0) return nullptr;
  void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return nullptr;
  madvise(at, size, MADV_SEQUENTIAL);
  const auto* data = static_cast<const uint8_t*>(at);
  return std::unique_ptr<Mapping>(new Mapping(data, size, guard(data, size)));
}

Mapping::~Mapping() {
  if (slot_ >= 0) {
    guarded[slot_].end.store(0, std::memory_order_release);
    guarded[slot_].begin.store(0, std::memory_order_release);
    guarded[slot_].taken.store(false);
  }
  munmap(const_cast<uint8_t*>(data_), size_);
}

void Mapping::drop_before(size_t position) noexcept {
  if (position < dropped_ + window + step) return;
  const size_t until = (position - window) & ~(step - 1);
  madvise(const_cast<uint8_t*>(data_) + dropped_, until - dropped_, MADV_DONTNEED);
  dropped_ = until;
}

bool Mapping::lost() const noexcept {
  return slot_ >= 0 && guarded[slot_].lost.load(std::memory_order_acquire);
}

}  // namespace dipper
