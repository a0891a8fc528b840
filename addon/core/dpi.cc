// One nDPI detection module and the pool of its flow states; see dpi.h. What a worker asks per
// packet is step(): 44 instructions of ours, measured with callgrind, where libndpi 4.2 takes some
// 8,000.
#include "dpi.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

#include "core/dissect/dissectors.h"
#include "dpi_compat.h"
#include "protocol_ids.h"
#include "zero.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace dipper {
namespace {

const char* name_or_unknown(const char* name) { return name ? name : "Unknown"; }

// Free states are chained through their own first bytes.
struct FreeState {
  FreeState* next;
};
// Behind the library's state: what our own dissectors keep, and whose it is. A state shares no cache line.
struct OwnedState {
  NdpiFlow flow;
  Dissection dissection;
  Dpi* owner;
};
constexpr size_t state_bytes = (sizeof(OwnedState) + 63) / 64 * 64;
constexpr size_t slab_states = 64;

Dpi* owner_of(const DpiState* state) { return reinterpret_cast<const OwnedState*>(state)->owner; }

}  // namespace

struct Dpi::Impl {
  NdpiModule* module = nullptr;
  FreeState* free = nullptr;
  uint64_t in_use = 0;
  // A flow is given up with the packet that reaches the limit of its L4 protocol.
  uint32_t limit_tcp = 0, limit_udp = 0, limit_other = 0;
  bool reference = false;
  uint64_t scored_risks =
      0;  // the last mask that was scored, and its score: most flows repeat a few masks
  uint16_t score = 0;
  std::vector<uint8_t> breeds;        // of each protocol by the library's number
  std::vector<uint16_t> categories;  // the same
  std::vector<const char*> protocol_names, category_names;  // by our number; null where this module has none
  unsigned own_protocols = 0;              // the library's; a number below is the same in both
  std::vector<uint16_t> numbers, library_numbers;  // of the user's: by the library's number ours, and back; 0 = none
  std::array<const char*, 256> breed_names{}, confidence_names{};
  std::array<std::string, 64>
      risk_names;  // copies: libndpi prints an unknown one into a shared buffer
  std::vector<void*> slabs;

  ~Impl() {
    for (void* slab : slabs) {
      ASAN_UNPOISON_MEMORY_REGION(slab, slab_states * state_bytes);
      std::free(slab);
    }
    if (module) close_module(module);
  }

  bool read_names(std::string& error);
  bool read_protocols(std::string& error);
  uint16_t number_of(uint16_t library_number) const {
    if (library_number < own_protocols) return library_number;
    const size_t at = library_number - own_protocols;
    return at < numbers.size() ? numbers[at] : library_number;
  }
  uint16_t library_number_of(uint16_t number) const {
    if (number < own_protocols) return number;
    const size_t at = number - own_protocols;
    return at < library_numbers.size() ? library_numbers[at] : uint16_t{0};
  }
  bool grow();
  void read(const ndpi_protocol& p, NdpiFlow* flow, Detection& detection);
  void last_word(NdpiFlow* flow, Detection& detection);
  void add_url_risk(NdpiFlow* flow, Detection& detection);
  uint16_t score_of(uint64_t risks);

  uint32_t limit(uint8_t ip_protocol) const {
    return ip_protocol == 6 ? limit_tcp : ip_protocol == 17 ? limit_udp : limit_other;
  }
};

bool Dpi::Impl::read_protocols(std::string& error) {
  const unsigned protocols = compat::protocol_count(module, compat::first{});
  protocol_names.resize(own_protocols);
  for (unsigned id = 0; id < protocols; ++id) {
    const char* name = name_or_unknown(ndpi_get_proto_name(module, static_cast<uint16_t>(id)));
    breeds.push_back(static_cast<uint8_t>(ndpi_get_proto_breed(module, static_cast<uint16_t>(id))));
    categories.push_back(static_cast<uint16_t>(compat::category_of(module, static_cast<uint16_t>(id), compat::first{})));
    uint16_t number = static_cast<uint16_t>(id);
    if (id >= own_protocols) {
      number = ProtocolIds::of(name, static_cast<uint16_t>(own_protocols));
      if (number == 0) {
        error = "--ndpi-protocols: more than " + std::to_string(ProtocolIds::most_names) +
                " protocols of different names since the start; start again";
        return false;
      }
      numbers.push_back(number);
      if (number >= protocol_names.size()) {
        protocol_names.resize(number + 1u);
        library_numbers.resize(number + 1u - own_protocols);
      }
      library_numbers[number - own_protocols] = static_cast<uint16_t>(id);
    }
    protocol_names[number] = name;
  }
  return true;
}

bool Dpi::Impl::read_names(std::string& error) {
  const std::lock_guard<std::mutex> lock(
      library_mutex());  // unknown ones go through shared buffers
  if (!read_protocols(error)) return false;
  for (int id = 0; id < NDPI_PROTOCOL_NUM_CATEGORIES; ++id) {
    category_names.push_back(
        name_or_unknown(ndpi_category_get_name(module, static_cast<ndpi_protocol_category_t>(id))));
  }
  breed_names.fill("Unknown");
  confidence_names.fill("Unknown");
  risk_names.fill("Unknown");
  for (int id = 0; id < NUM_BREEDS; ++id) {
    breed_names[id] = name_or_unknown(compat::breed_name(&ndpi_get_proto_breed_name, module, id));
  }
  for (int id = 0; id < NDPI_CONFIDENCE_MAX; ++id) {
    confidence_names[id] =
        name_or_unknown(ndpi_confidence_get_name(static_cast<ndpi_confidence_t>(id)));
  }
  for (int bit = 0; bit < NDPI_MAX_RISK && bit < 64; ++bit) {
    risk_names[bit] = name_or_unknown(ndpi_risk2str(static_cast<ndpi_risk_enum>(bit)));
  }
  return true;
}

bool Dpi::Impl::grow() {
  char* slab = static_cast<char*>(std::aligned_alloc(64, slab_states * state_bytes));
  if (!slab) return false;
  slabs.push_back(slab);
  for (size_t i = slab_states; i-- > 0;) {
    free = new (slab + i * state_bytes) FreeState{free};
  }
  return true;
}

uint16_t Dpi::Impl::score_of(uint64_t risks) {
  if (risks != scored_risks) {
    u_int16_t client = 0, server = 0;
    score = ndpi_risk2score(risks, &client, &server);
    scored_risks = risks;
  }
  return score;
}

void Dpi::Impl::read(const ndpi_protocol& p, NdpiFlow* flow, Detection& detection) {
  const uint16_t master = compat::master(p, compat::first{}), app = compat::app(p, compat::first{});
  detection.master = number_of(master);
  detection.app = number_of(app);
  detection.category = static_cast<uint16_t>(p.category);
  detection.confidence = static_cast<uint8_t>(flow->confidence);
  detection.risks = flow->risk;
  detection.score = score_of(flow->risk);
  const uint16_t protocol = app ? app : master;
  const uint8_t breed = protocol < breeds.size()
                            ? breeds[protocol]
                            : static_cast<uint8_t>(ndpi_get_proto_breed(module, protocol));
  detection.breed = compat::breed(p, breed, compat::first{});
  detection.guessed = false;
}

void Dpi::Impl::last_word(NdpiFlow* flow, Detection& detection) {
  const bool known = flow->detected_protocol_stack[0] != NDPI_PROTOCOL_UNKNOWN;
  bool guessed = false;
  read(compat::give_up(&ndpi_detection_giveup, module, flow, guessed), flow, detection);
  // 4.2 does not raise its flag for an answer out of the mining cache.
  detection.guessed = !known && detection.protocol() != 0 &&
                      (guessed || detection.confidence != NDPI_CONFIDENCE_DPI);
}

// The last part of ndpiReader's risk set: it asks for the URL's when it prints a flow, for those
// protocols whose HTTP part it keeps, and looks at the first 255 bytes.
void Dpi::Impl::add_url_risk(NdpiFlow* flow, Detection& detection) {
  if (!flow->http.url) return;
  const auto is = [&](uint16_t id) { return detection.master == id || detection.app == id; };
  if (!is(NDPI_PROTOCOL_HTTP)) return;
  for (const uint16_t shown_otherwise :
       {NDPI_PROTOCOL_DHCP, NDPI_PROTOCOL_BITTORRENT, NDPI_PROTOCOL_DNS, NDPI_PROTOCOL_MDNS,
        NDPI_PROTOCOL_UBNTAC2, NDPI_PROTOCOL_FTP_CONTROL, NDPI_PROTOCOL_MAIL_IMAP,
        NDPI_PROTOCOL_MAIL_POP, NDPI_PROTOCOL_MAIL_SMTP, NDPI_PROTOCOL_KERBEROS}) {
    if (is(shown_otherwise)) return;
  }
  char url[256];
  const size_t length = strnlen(flow->http.url, sizeof url - 1);
  memcpy(url, flow->http.url, length);
  url[length] = '\0';
  const int risk = compat::validate_url(&ndpi_validate_url, module, flow, url);
  if (risk == NDPI_NO_RISK) return;
  detection.risks |= uint64_t{1} << risk;
  detection.score = score_of(detection.risks);
}

Dpi::Dpi() : impl_(std::make_unique<Impl>()) {}
Dpi::~Dpi() = default;

std::unique_ptr<Dpi> Dpi::create(const DpiOptions& options, std::string& error) {
  std::unique_ptr<Dpi> dpi(new Dpi);
  Impl& impl = *dpi->impl_;
  impl.module = open_module(options, impl.own_protocols, error);
  if (!impl.module || !impl.read_names(error)) return nullptr;
  // ndpiReader gives up with the packet after its limit of 80 and 24. Ours is the last packet that
  // libndpi looks at, 32: showing it one more teaches nothing.
  constexpr uint32_t never = std::numeric_limits<uint32_t>::max();
  impl.reference = options.reference;
  impl.limit_tcp = options.reference ? 81 : options.max_packets_tcp;
  impl.limit_udp = options.reference ? 25 : options.max_packets_udp;
  impl.limit_other = options.reference ? never : options.max_packets_udp;
  return dpi;
}

DpiState* Dpi::acquire() {
  Impl& impl = *impl_;
  if (!impl.free && !impl.grow()) return nullptr;
  FreeState* state = impl.free;
  ASAN_UNPOISON_MEMORY_REGION(state, state_bytes);
  impl.free = state->next;
  ++impl.in_use;
  zero(state, sizeof(NdpiFlow));
  auto* owned = reinterpret_cast<OwnedState*>(state);
  new (&owned->dissection) Dissection;
  owned->owner = this;
  return state_of(&owned->flow);
}

const Dpi& Dpi::of(const DpiState* state) { return *owner_of(state); }

void Dpi::release(DpiState* state) {
  Impl& impl = *owner_of(state)->impl_;
  ndpi_free_flow_data(flow_of(state));
  impl.free = new (state) FreeState{impl.free};
  ASAN_POISON_MEMORY_REGION(state, state_bytes);  // the pool must not hide a use after release
  --impl.in_use;
}

Dissection& Dpi::dissection(DpiState* state) { return reinterpret_cast<OwnedState*>(state)->dissection; }

uint64_t Dpi::states_in_use() const { return impl_->in_use; }

DpiStep Dpi::step(DpiState* state, const Packet& packet, uint32_t packets_seen,
                  Detection& detection) {
  Impl& impl = *owner_of(state)->impl_;
  NdpiFlow* flow = flow_of(state);
  const ndpi_protocol p =
      compat::process(&ndpi_detection_process_packet, impl.module, flow, packet.l3,
                      packet.l3_length, packet.timestamp_ns / 1000000);
  DpiStep step;
  if (packets_seen < impl.limit(packet.key.ip_protocol)) {
    step = compat::progress(impl.module, flow, p);
    if (step == DpiStep::inspecting) return step;
    impl.read(p, flow, detection);
    if (step == DpiStep::partial) return step;
  } else if (compat::open_ended(p)) {
    impl.last_word(flow, detection);
  } else {
    impl.read(p, flow, detection);
  }
  impl.add_url_risk(flow, detection);
  return DpiStep::done;
}

uint32_t Dpi::packet_limit(uint8_t ip_protocol) const { return impl_->limit(ip_protocol); }

void Dpi::set_limits(uint16_t max_packets_tcp, uint16_t max_packets_udp) {
  if (impl_->reference) return;
  impl_->limit_tcp = max_packets_tcp;
  impl_->limit_udp = impl_->limit_other = max_packets_udp;
}

void Dpi::give_up(DpiState* state, Detection& detection) {
  Impl& impl = *owner_of(state)->impl_;
  impl.last_word(flow_of(state), detection);
  impl.add_url_risk(flow_of(state), detection);
}

const char* Dpi::protocol_name(uint16_t id) const {
  return name_or_unknown(id < impl_->protocol_names.size() ? impl_->protocol_names[id] : nullptr);
}
const char* Dpi::category_name(uint16_t id) const {
  return id < impl_->category_names.size() ? impl_->category_names[id] : "Unknown";
}
const char* Dpi::breed_name(uint8_t id) const { return impl_->breed_names[id]; }
const char* Dpi::confidence_name(uint8_t id) const { return impl_->confidence_names[id]; }
const char* Dpi::risk_name(unsigned bit) const {
  return bit < 64 ? impl_->risk_names[bit].c_str() : "Unknown";
}
bool Dpi::is_application(uint16_t id) const {
  const uint16_t number = impl_->library_number_of(id);
  return number != 0 && compat::is_application(impl_->module, number, compat::first{});
}
bool Dpi::is_rtp(const Detection& detection) {
  return detection.master == NDPI_PROTOCOL_RTP || detection.app == NDPI_PROTOCOL_RTP;
}

uint16_t Dpi::category_of(uint16_t id) const {
  const uint16_t number = impl_->library_number_of(id);
  return number < impl_->categories.size() ? impl_->categories[number] : uint16_t{0};
}
uint16_t Dpi::category_count() const { return static_cast<uint16_t>(impl_->category_names.size()); }
uint16_t Dpi::protocol_count() const { return static_cast<uint16_t>(impl_->protocol_names.size()); }

const char* Dpi::library_version() {
  // "4.2.0", or "4.11.0-5018-3b1286ab0" for a build out of git.
  static const std::string version = [] {
    const std::string revision = ndpi_revision();
    return revision.substr(0, revision.find('-'));
  }();
  return version.c_str();
}

size_t Dpi::state_size() { return state_bytes; }

}  // namespace dipper
