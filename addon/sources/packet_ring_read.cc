// Reading: frames of a block become views, tags go back into their frames, and nothing spins.
#include <linux/if_ether.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/link_type.h"
#include "sources/packet_ring_source.h"

namespace dipper {
namespace {

constexpr int look_ms = 100;  // at most this long until the time is told, and a change of the interface noticed
constexpr int held_ms = 1;
constexpr int late_ms = 10;  // by which the kernel's timer for a block may be late

// The two MAC addresses move four bytes to the front, and the tag takes their end's place
// (IEEE 802.1Q). The bytes before the frame are the ring's headroom.
uint8_t* put_tag_back(uint8_t* frame, uint16_t protocol, uint16_t control) {
  memmove(frame - 4, frame, 2 * ETH_ALEN);
  frame[8] = static_cast<uint8_t>(protocol >> 8);
  frame[9] = static_cast<uint8_t>(protocol);
  frame[10] = static_cast<uint8_t>(control >> 8);
  frame[11] = static_cast<uint8_t>(control);
  return frame - 4;
}

void add(std::atomic<uint64_t>& counter, uint64_t n) {
  if (n) counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

ReadStatus PacketRingSource::read(Burst& burst) {
  burst.size = 0;
  burst.block.reset();
  SourceError error;
  if (!failed_ && !admit(error)) fail(std::move(error));
  if (stopped_.load(std::memory_order_relaxed)) return drain(burst);
  while (!failed_) {
    if (frames_left_) {
      burst.block = block_;
      fill(burst);
      if (frames_left_ == 0) block_.reset();
      const bool more = frames_left_ != 0 || ring_->ready();
      if (burst.size) return more ? ReadStatus::more : ReadStatus::idle;
      burst.block.reset();
    } else if (ring_->ready()) {
      next_block();
    } else {
      wait();
      count_kernel();
      if (!failed_ && !ring_->ready()) return ReadStatus::idle;
    }
  }
  return ReadStatus::failed;
}

// After stop(): what the ring received before, the block that the kernel was filling included. Nothing new is let in, so
// this ends; then `idle` without packets.
ReadStatus PacketRingSource::drain(Burst& burst) {
  using std::chrono::steady_clock;
  if (!draining_) {
    draining_ = true;
    const bool closed = packet_socket::reject_all(ring_->socket());
    retired_by_ = steady_clock::now();
    if (closed) retired_by_ += std::chrono::milliseconds(options_.geometry.retire_ms + late_ms);
  }
  while (!failed_) {
    if (frames_left_) {
      burst.block = block_;
      fill(burst);
      if (frames_left_ == 0) block_.reset();
      if (burst.size) return ReadStatus::more;
      burst.block.reset();
    } else if (ring_->ready() && drained_blocks_ < options_.geometry.blocks) {
      ++drained_blocks_;
      next_block();
    } else if (steady_clock::now() < retired_by_) {
      usleep(1000);  // poll() would not wait: the socket is readable while workers hold blocks
    } else {
      break;
    }
  }
  count_kernel();
  return ReadStatus::idle;
}

void PacketRingSource::next_block() {
  tpacket_block_desc* const block = ring_->take(block_);
  frames_left_ = block->hdr.bh1.num_pkts;
  frame_ = reinterpret_cast<uint8_t*>(block) + block->hdr.bh1.offset_to_first_pkt;
  if (frames_left_ == 0) block_.reset();
  count_kernel();
  if (state() == SourceState::down) look_for_link();  // it sends again
}

void PacketRingSource::fill(Burst& burst) {
  uint64_t truncated = 0, filtered = 0;
  while (frames_left_ && burst.size < Burst::capacity) {
    auto* const frame = reinterpret_cast<tpacket3_hdr*>(frame_);
    frame_ += frame->tp_next_offset;
    --frames_left_;
    PacketView& view = burst.packets[burst.size];
    if (!view_of(frame, view)) {
      ++filtered;
      continue;
    }
    truncated += view.captured_length < view.wire_length;
    ++burst.size;
  }
  add(packets_, burst.size);
  add(truncated_, truncated);
  add(filtered_, filtered);
}

// False for frames that nobody asked for.
bool PacketRingSource::view_of(tpacket3_hdr* frame, PacketView& view) {
  auto* const start = reinterpret_cast<uint8_t*>(frame);
  const auto* const from =
      reinterpret_cast<const sockaddr_ll*>(start + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
  if (loopback_ && from->sll_pkttype == PACKET_OUTGOING) return false;
  uint8_t* data = start + frame->tp_mac;
  uint32_t tag = 0;
  if ((frame->tp_status & TP_STATUS_VLAN_VALID) && frame->tp_snaplen >= 2 * ETH_ALEN &&
      link_type_ == static_cast<uint16_t>(LinkType::ethernet)) {
    const bool named = (frame->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    data = put_tag_back(data, named ? frame->hv1.tp_vlan_tpid : uint16_t{ETH_P_8021Q},
                        static_cast<uint16_t>(frame->hv1.tp_vlan_tci));
    tag = 4;
  }
  view = {data, uint64_t{frame->tp_sec} * 1000000000 + frame->tp_nsec, frame->tp_snaplen + tag,
          frame->tp_len + tag, link_type_};
  return filter_in_kernel_ || !filter_ || filter_->matches(view);
}

// Until a block is there, the interface changed, or a second has passed.
void PacketRingSource::wait() {
  bool held = false;  // the kernel calls the socket readable because of a block that we still have
  for (int waited = 0; waited < look_ms;) {
    if (retry_.exchange(false)) return look_for_link();
    pollfd fds[2] = {{wake_.get(), POLLIN, 0}, {ring_->socket(), POLLIN, 0}};
    const int timeout = held ? held_ms : look_ms - waited;
    const int ready = poll(fds, held ? 1 : 2, timeout);
    if (ready < 0 && errno != EINTR) return fail({std::string("poll: ") + strerror(errno), 0, 71});
    if (stopped_.load(std::memory_order_relaxed) || ring_->ready()) return;
    if (ready <= 0) {
      waited += timeout;
      held = false;
      continue;
    }
    if (fds[0].revents) {
      uint64_t rung;
      [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &rung, sizeof rung);
      continue;
    }
    if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
      if (packet_socket::pending_error(ring_->socket()) != 0) return look_for_link();
    }
    held = true;
    ++waited;
  }
  if (state() != SourceState::up) look_for_link();
}

}  // namespace dipper
