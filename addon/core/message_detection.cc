// The part of a line that says what a flow was detected as. Traffic has few different ones, so their text is kept.
// Thread: a worker's.
#include "message_text.h"

namespace dipper {
namespace {

const std::string& name_of(const std::vector<std::string>& names, size_t id) {
  return names[id < names.size() ? id : 0];
}

}  // namespace

std::string escaped(const char* name) {
  std::string text;
  write_json_string(std::string_view(name).substr(0, 60), text);
  if (text.size() > 122) text = "\"?\"";
  return text.substr(1, text.size() - 2);
}

void MessageWriter::learn_names(const Dpi& dpi) {
  for (unsigned i = 0; i < dpi.protocol_count(); ++i) {
    const auto id = static_cast<uint16_t>(i);
    std::string name = escaped(dpi.protocol_name(id));
    if (i >= protocols_.size()) {
      protocols_.emplace_back();
      protocol_categories_.push_back(0);
    } else if (protocols_[i] != protocols_[0]) {  // not "Unknown", which only others had named
      continue;
    }
    protocols_[i] = std::move(name);
    protocol_categories_[i] = static_cast<uint8_t>(dpi.category_of(id));
  }
}

const MessageWriter::DetectionText& MessageWriter::detection_text(const Detection& d) {
  const uint64_t mixed = (d.risks ^ (static_cast<uint64_t>(d.master) << 48 | static_cast<uint64_t>(d.app) << 32 |
                                     static_cast<uint64_t>(d.soft) << 16 | static_cast<uint64_t>(d.confidence) << 8 |
                                     d.breed)) * 0x9e3779b97f4a7c15;
  DetectionText& entry = detection_texts_[mixed >> detection_text_shift];
  if (entry.text.empty() || !(entry.detection == d)) build(d, entry);
  return entry;
}

// The protocol is nDPI's master (the app itself where there is no master). A soft dissector's finding takes its place.
void MessageWriter::build(const Detection& d, DetectionText& entry) const {
  const bool both = d.master && d.app && d.app != d.master;
  const uint16_t protocol = d.soft ? d.soft : d.master ? d.master : d.app;
  const std::string& master_name = name_of(protocols_, d.master);
  const std::string& app_name = name_of(protocols_, d.app);
  char room[Text::fixed_room];
  Text t{room};
  t.put(",\"detected_protocol\":");
  t.number(protocol);
  t.put(",\"detected_protocol_name\":\"");
  t.put(name_of(protocols_, protocol));
  t.put("\"");
  entry.protocol_end = static_cast<uint32_t>(t.p - room);
  t.put(",\"detection_guessed\":");
  t.boolean(d.guessed && !d.soft);
  t.put(",\"soft_dissector\":");
  t.boolean(d.soft);
  t.put(",\"detection_packets\":");
  entry.before = static_cast<uint32_t>(t.p - room);
  t.put(",\"ndpi\":{\"version\":\"");
  t.put(version_);
  t.put("\",\"protocol\":\"");
  if (both) {
    t.put(master_name);
    t.put(".");
    t.put(app_name);
  } else {
    t.put(name_of(protocols_, d.protocol()));
  }
  t.put("\",\"master\":\"");
  t.put(master_name);
  t.put("\",\"app\":\"");
  t.put(app_name);
  t.put("\",\"confidence\":\"");
  t.put(name_of(confidences_, d.confidence));
  t.put("\",\"category\":\"");
  t.put(name_of(categories_, d.category));
  t.put("\",\"breed\":\"");
  t.put(name_of(breeds_, d.breed));
  t.put("\",\"risks\":[");
  for (uint64_t rest = d.risks; rest; rest &= rest - 1) {
    if (rest != d.risks) t.put(",");
    t.put("\"");
    t.put(risks_[static_cast<unsigned>(__builtin_ctzll(rest))]);
    t.put("\"");
  }
  t.put("],\"score\":");
  t.number(d.score);
  t.put(",\"guessed\":");
  t.boolean(d.guessed);
  t.put("},\"category\":{\"protocol\":\"");
  t.put(name_of(categories_, protocol < protocol_categories_.size() ? protocol_categories_[protocol] : 0));
  t.put("\"");
  entry.detection = d;
  entry.text.assign(room, static_cast<size_t>(t.p - room));
}

MessageWriter::Text MessageWriter::detection(Text t, const Flow& flow) {
  return detection(t, flow.detection, flow.application(), flow.dpi_packets);
}

MessageWriter::Text MessageWriter::detection(Text t, const Detection& found, const ApplicationChoice& choice, uint16_t packets) {
  const DetectionText& entry = detection_text(found);
  const std::string_view text = entry.text;
  const ApplicationTable* table = applications_[choice.table];
  t.put(text.substr(0, entry.protocol_end));
  if (table && choice.rule) {
    const ApplicationTable::Application& application = table->application_of(choice.rule);
    t.put(application.members);
    t.put(text.substr(entry.protocol_end, entry.before - entry.protocol_end));
    t.number(packets);
    t.put(text.substr(entry.before));
    t.put(application.category_member);
  } else {
    t.put(",\"detected_application\":0,\"detected_application_name\":\"Unknown\"");
    t.put(text.substr(entry.protocol_end, entry.before - entry.protocol_end));
    t.number(packets);
    t.put(text.substr(entry.before));
    t.put(",\"application\":\"unclassified\"");
  }
  if (table && choice.list)
    t.put(table->list_member(choice.list));
  else
    t.put(",\"domain\":\"unclassified\"");
  t.put("}");
  return t;
}

// What of a flow can be said otherwise later, as members; the number of packets, which is another each time, is left at 0.
std::string MessageWriter::told_text(const Announced& told) {
  std::string text(Text::fixed_room + told.metadata.size(), '\0');
  Text t{text.data()};
  t.put(told.translated ? ",\"ip_nat\":true" : ",\"ip_nat\":false");
  t = detection(t, told.detection, told.application, 0);
  t.put(told.metadata);
  text.resize(static_cast<size_t>(t.p - text.data()));
  return text;
}

}  // namespace dipper
