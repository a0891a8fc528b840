// Names out of a flow's metadata text, as the builder writes it, whatever packets have put into it.
#include "core/flow_names.h"

#include "check.h"

using namespace dipper;

TEST(flow_names_are_the_same_from_the_builder_and_from_the_text) {
  Metadata metadata;
  metadata.add_text(Field::host_server_name, "www.example.org");
  metadata.add_text(Field::http_url, ",\"ssl\":{\"client_sni\":\"evil\"");
  metadata.add_text(Field::http_user_agent, "\"],\"dns_host_name\":\"evil\"");
  metadata.add_text(Field::ssl_client_sni, "sni.example.org");
  metadata.add_text(Field::ssl_server_names, "a.example.org,odd\"name],b.example.org");
  metadata.add_text(Field::ssl_subject_dn, "C=US, O=x\\, CN=example.org");
  const std::string text(metadata.text());
  for (const FlowNames& names : {FlowNames::of(metadata, text), FlowNames::of(text)}) {
    CHECK_STR(std::string(unquoted(names.host)), "www.example.org");
    CHECK_STR(std::string(unquoted(names.client_sni)), "sni.example.org");
    std::string all;
    each_string(names.certificate_names, [&all](std::string_view name) {
      all += std::string(name) + "|";
      return false;
    });
    CHECK_STR(all, "a.example.org|odd\\\"name]|b.example.org|");
    CHECK_STR(std::string(common_name(unquoted(names.certificate_subject))), "example.org");
    CHECK(names.dns_hint.empty());
  }
}

TEST(flow_names_of_hints_stand_behind_all_fields) {
  Metadata metadata;
  metadata.add_number(Field::ntp_version, 4);
  metadata.append_members(",\"dns_host_name\":\"time.example.org\",\"dhc_hit\":true");
  const std::string text(metadata.text());
  CHECK_STR(std::string(unquoted(FlowNames::of(metadata, text).dns_hint)), "time.example.org");
  CHECK_STR(std::string(unquoted(FlowNames::of(text).dns_hint)), "time.example.org");
  CHECK(FlowNames::of(std::string_view()).host.empty());
  // Cut anywhere: nothing is read behind the end.
  for (size_t cut = 0; cut < text.size(); ++cut) FlowNames::of(std::string_view(text).substr(0, cut));
}

TEST(flow_names_common_name) {
  CHECK_STR(std::string(common_name("CN=example.org")), "example.org");
  CHECK_STR(std::string(common_name("O=CN=no, CN=yes.example, L=x")), "yes.example");
  CHECK_STR(std::string(common_name("/C=US/CN=slash.example/O=x")), "slash.example");
  CHECK(common_name("OCN=x").empty());
  CHECK(common_name("").empty());
}
