// The flow table against std::unordered_map: random operations, forced collisions, growth, its
// bound; and the key's hashes. Fixed seeds: a failure repeats.
#include "core/flow_table.h"

#include <random>
#include <unordered_map>

#include "check.h"

using namespace dipper;

namespace {

FlowKey key_number(uint32_t n) {
  FlowKey key{};
  memcpy(key.lower_address, &n, sizeof n);
  key.upper_address[0] = 1;
  key.ip_version = 4;
  key.ip_protocol = 17;
  return key;
}

// Runs random inserts, finds and erases over `keys` keys; `hash_of` decides how they collide.
template <typename HashOf>
void against_reference(uint32_t keys, uint32_t max_flows, int operations, HashOf hash_of) {
  std::mt19937 random(42);
  FlowTable table(max_flows);
  std::unordered_map<uint32_t, Flow*> reference;
  int wrong = 0;
  for (int i = 0; i < operations; ++i) {
    const uint32_t n = random() % keys;
    const FlowKey key = key_number(n);
    const auto known = reference.find(n);
    Flow* found = table.find(key, hash_of(n));
    wrong += found != (known == reference.end() ? nullptr : known->second);
    if (found) {
      wrong += !(found->key == key) || found->first_ns != n || !found->live ||
               &table.at(found->position) != found;
      if (random() % 2) {
        table.erase(found);
        reference.erase(n);
        wrong += table.find(key, hash_of(n)) != nullptr;
      }
    } else if (reference.size() < max_flows) {
      Flow* flow = table.insert(key, hash_of(n));
      if (!flow) {
        ++wrong;
        continue;
      }
      wrong += flow->first_ns != 0 || flow->dpi || flow->wheel_slot ||
               flow->total_packets();  // zeroed, also when reused
      flow->first_ns = n;
      flow->wheel_slot = 7;
      flow->packets[0] = 9;
      reference[n] = flow;
    } else {
      wrong += !table.full() || table.insert(key, hash_of(n)) != nullptr;
    }
    wrong += table.size() != reference.size();
  }
  for (const auto& [n, flow] : reference) wrong += table.find(key_number(n), hash_of(n)) != flow;
  uint32_t live = 0;
  for (uint32_t i = 0; i < table.pool_size(); ++i) live += table.at(i).live;
  CHECK_EQ(live, reference.size());
  CHECK_EQ(wrong, 0);
}

}  // namespace

TEST(flow_table_random_operations) {
  const HashSecret secret{{1, 3, 5, 7, 11, 13, 17, 2}};
  against_reference(3000, 1 << 20, 200000,
                    [&](uint32_t n) { return hash_flow_key(key_number(n), secret); });
}

TEST(flow_table_random_operations_through_growth) {
  // 60,000 keys: the index doubles from 4,096 buckets to 131,072 while flows come and go.
  const HashSecret secret{{3, 3, 5, 7, 11, 13, 17, 4}};
  against_reference(60000, 1 << 20, 400000,
                    [&](uint32_t n) { return hash_flow_key(key_number(n), secret); });
}

TEST(flow_table_forced_collisions) {
  // All keys with one tag; then all in one bucket with different tags; then runs that wrap round
  // the index's end.
  against_reference(200, 1 << 20, 20000, [](uint32_t) { return uint64_t{0x1234}; });
  against_reference(200, 1 << 20, 20000, [](uint32_t n) { return (uint64_t{n} << 20) | 5; });
  against_reference(400, 1 << 20, 40000, [](uint32_t n) { return uint64_t{4095 - n % 7}; });
  // High halves differ, low halves (tag and bucket) are equal: only the key tells them apart.
  against_reference(200, 1 << 20, 20000, [](uint32_t n) { return (uint64_t{n} << 32) | 0xabcd; });
}

TEST(flow_table_full) {
  const HashSecret secret{{5, 3, 5, 7, 11, 13, 17, 6}};
  against_reference(3000, 1000, 100000,
                    [&](uint32_t n) { return hash_flow_key(key_number(n), secret); });
  FlowTable table(3);
  for (uint32_t n = 0; n < 3; ++n) CHECK(table.insert(key_number(n), n) != nullptr);
  CHECK(table.full());
  CHECK(table.insert(key_number(9), 9) == nullptr);
  table.erase(table.find(key_number(1), 1));
  CHECK(!table.full());
  Flow* again = table.insert(key_number(9), 9);
  CHECK(again != nullptr);
  CHECK_EQ(table.pool_size(), 3u);  // the freed place was used again
  CHECK_EQ(table.capacity(), 3u);
}

TEST(flow_table_holds_at_least_one) {
  FlowTable table(0);
  CHECK(table.insert(key_number(1), 1) != nullptr);
  CHECK(table.insert(key_number(2), 2) == nullptr);
}

TEST(flow_table_flows_never_move) {
  FlowTable table(1 << 20);
  std::vector<Flow*> flows;
  for (uint32_t n = 0; n < 20000; ++n)
    flows.push_back(table.insert(key_number(n), n * 0x9e3779b97f4a7c15));
  int moved = 0;
  for (uint32_t n = 0; n < 20000; ++n)
    moved +=
        table.find(key_number(n), n * 0x9e3779b97f4a7c15) != flows[n] || flows[n]->position != n;
  CHECK_EQ(moved, 0);
}

TEST(flow_key_hash_uses_every_byte_and_the_secret) {
  for (const uint8_t version : {4, 6}) {
    FlowKey base{};
    base.ip_version = version;
    const HashSecret secret{{7, 3, 5, 7, 11, 13, 17, 8}};
    const uint64_t h = hash_flow_key(base, secret);
    for (size_t word = 0; word < std::size(secret.k); ++word) {
      HashSecret other = secret;
      other.k[word] += 1;
      if (hash_flow_key(base, other) == h)
        check::fail(__FILE__, __LINE__, "secret word " + std::to_string(word) + " does not count");
    }
    for (size_t i = 0; i < sizeof base; ++i) {
      const bool address_rest =
          version == 4 && i < 32 && i % 16 >= 4;  // always zero in a key of IPv4
      if (address_rest) continue;
      FlowKey other = base;
      reinterpret_cast<uint8_t*>(&other)[i] ^= 0x40;
      if (hash_flow_key(other, secret) == h)
        check::fail(__FILE__, __LINE__, "byte " + std::to_string(i) + " does not count");
    }
  }
}

TEST(flow_key_pair_hash_spreads_and_ignores_ports) {
  FlowKey key{};
  key.ip_version = 4;
  key.lower_address[0] = 10;
  key.upper_address[0] = 10;
  key.upper_address[3] = 1;
  const uint32_t h = hash_address_pair(key);
  key.lower_port = 53;
  key.upper_port = 4711;
  key.ip_protocol = 17;
  key.vlan_id = 5;
  CHECK_EQ(hash_address_pair(key), h);
  for (const uint32_t workers : {2u, 3u, 4u, 8u}) {  // 1,000 neighbouring clients of one server
    std::vector<uint32_t> load(workers);
    for (uint32_t n = 0; n < 1000; ++n) {
      key.lower_address[2] = static_cast<uint8_t>(n >> 8);
      key.lower_address[3] = static_cast<uint8_t>(n);
      ++load[hash_address_pair(key) % workers];
    }
    for (const uint32_t share : load)
      CHECK(share > 1000 / workers * 7 / 10 && share < 1000 / workers * 13 / 10);
  }
}
