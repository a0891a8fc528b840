// Live capture on Linux: AF_PACKET with a TPACKET_V3 ring (packet(7)). Zero copy: bursts view the
// blocks that the kernel filled. It outlives its interface: down, removed, back under the same name.
// Thread: read() by the reader; stop(), stats(), provide_descriptor() and retry() by any.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "core/source.h"
#include "sources/block_ring.h"
#include "sources/packet_filter.h"
#include "sources/packet_socket.h"
#include "sources/sources.h"

namespace dipper {

class PacketRingSource final : public Source {
 public:
  // Null and `error`: 64 an option that can't be, 69 no such interface or one of a kind that is not
  // decoded, 71 no memory, 77 no CAP_NET_RAW. Owns options.descriptor in any case. From here on
  // nothing is captured that the filter does not let through; the first read() lets packets in.
  static std::unique_ptr<Source> open(const SourceOptions& options, SourceError& error);
  ~PacketRingSource() override;

  ReadStatus read(Burst& burst) override;
  void stop() noexcept override;
  SourceError error() const override { return error_; }
  SourceStats stats() const noexcept override;
  bool lossless() const noexcept override { return false; }
  ClockReading clock() const noexcept override { return ClockReading::now(); }
  bool provide_descriptor(int fd) noexcept override;
  void retry() noexcept override;

 private:
  PacketRingSource(const SourceOptions& options, OwnedFd wake);

  bool set_up(SourceError& error);  // socket and ring
  bool attach(const packet_socket::Link& link, SourceError& error);
  bool choose_filter(uint16_t link_type, SourceError& error);
  bool join(SourceError& error);
  bool admit(SourceError& error);
  void look_for_link();
  void take_socket_back(const packet_socket::Link& link);
  void fail(SourceError error);

  ReadStatus drain(Burst& burst);
  void wait();
  void next_block();
  void fill(Burst& burst);
  bool view_of(tpacket3_hdr* frame, PacketView& view);
  void count_kernel();
  void set_state(SourceState state) { state_.store(state, std::memory_order_relaxed); }
  SourceState state() const { return state_.load(std::memory_order_relaxed); }

  const SourceOptions options_;
  OwnedFd wake_;  // eventfd
  BlockRing* ring_ = nullptr;
  std::unique_ptr<PacketFilter> filter_;
  bool filter_in_kernel_ = false;
  int index_ = 0;  // of the interface that the socket is bound to; 0: to none
  uint16_t link_type_ = 0;
  bool loopback_ = false;
  bool joined_ = false;    // the fanout group, where there is one
  bool admitted_ = false;  // the filter of the socket is the one that was asked for
  bool failed_ = false;
  SourceError error_;
  bool draining_ = false;
  uint32_t drained_blocks_ = 0;
  std::chrono::steady_clock::time_point retired_by_;

  BlockRef block_;  // of the frames that are left
  uint8_t* frame_ = nullptr;
  uint32_t frames_left_ = 0;

  packet_socket::Statistics kernel_;
  std::atomic<SourceState> state_{SourceState::waiting};
  std::atomic<bool> stopped_{false}, retry_{false};
  std::atomic<int> provided_{-1};
  std::atomic<uint64_t> packets_{0}, received_{0}, dropped_{0}, freezes_{0}, truncated_{0},
      filtered_{0}, reopened_{0};
};

}  // namespace dipper
