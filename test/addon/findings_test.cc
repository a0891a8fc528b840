// Findings: values, lists, bounds; and their places among what the library says.
#include "core/dissect/findings.h"

#include "check.h"

using namespace dipper;

TEST(findings_replace_and_keep_apart) {
  Findings findings;
  CHECK(findings.empty());
  CHECK(findings.set(Field::ssl_client_sni, "first.example"));
  CHECK(findings.set(Field::ssl_issuer_dn, "CN=issuer"));
  CHECK(findings.set(Field::ssl_not_after, uint64_t{77}));
  CHECK(findings.set(Field::ssl_client_sni, "a longer name than before.example"));
  CHECK(findings.set(Field::ssl_subject_dn, ""));
  CHECK(!findings.has(Field::ssl_subject_dn));
  CHECK_STR(std::string(findings.text(Field::ssl_client_sni)), "a longer name than before.example");
  CHECK_STR(std::string(findings.text(Field::ssl_issuer_dn)), "CN=issuer");
  CHECK_EQ(findings.number(Field::ssl_not_after), 77u);
  findings.clear();
  CHECK(findings.empty());
}

TEST(findings_lists_take_any_bytes_once) {
  Findings findings;
  const std::string odd("a,\"\0b", 5);
  CHECK(findings.add(Field::ssl_alpn, "h2"));
  CHECK(findings.set(Field::ssl_client_sni, "between"));
  CHECK(findings.add(Field::ssl_alpn, odd));
  CHECK(findings.add(Field::ssl_alpn, "h2"));
  CHECK_STR(std::string(findings.text(Field::ssl_client_sni)), "between");
  Metadata metadata;
  FieldSink(metadata, &findings).finish();
  CHECK_STR(std::string(metadata.text()), ",\"ssl\":{\"client_sni\":\"between\",\"alpn\":[\"h2\",\"a,\\\"\\u0000b\"]}");
}

TEST(findings_are_bounded) {
  Findings findings;
  const std::string longest(2 * Metadata::max_text, 'x');
  CHECK(findings.set(Field::ssl_client_sni, longest));
  CHECK(findings.set(Field::ssl_issuer_dn, longest));
  CHECK(!findings.full());
  CHECK(!findings.set(Field::ssl_subject_dn, longest));
  CHECK(findings.full());
  CHECK(!findings.has(Field::ssl_subject_dn));
  CHECK(findings.set(Field::ssl_client_sni, "short"));
  CHECK(findings.set(Field::ssl_subject_dn, longest));
  Metadata metadata;
  FieldSink(metadata, &findings).finish();
  const std::string text(metadata.text());
  CHECK(text.find(std::string(Metadata::max_text, 'x') + "\"") != std::string::npos);
  CHECK(text.find(std::string(Metadata::max_text + 1, 'x')) == std::string::npos);
  Findings list;
  int added = 0;
  while (list.add(Field::ssl_server_names, "name" + std::to_string(added))) ++added;
  CHECK(list.full());
  CHECK(added > 80);
}

// The library speaks in table order; ours stands where its field does, and instead of the library's.
TEST(findings_among_the_library_s_values) {
  Findings findings;
  findings.set(Field::host_server_name, "whole.example");
  findings.set(Field::ssl_client_ja4, "ja4");
  findings.add(Field::ssl_alpn, "h3");
  Metadata metadata;
  FieldSink sink(metadata, &findings);
  sink.add_text(Field::host_server_name, "cut.example");
  sink.add_text(Field::ssl_version, "TLSv1.2");
  sink.add_text(Field::ssl_alpn, "h2,http/1.1");
  sink.add_number(Field::ssl_not_after, 5);
  sink.add_number(Field::ntp_version, 4);
  sink.finish();
  CHECK_STR(std::string(metadata.text()),
            ",\"host_server_name\":\"whole.example\",\"ssl\":{\"version\":\"TLSv1.2\",\"alpn\":[\"h3\"],\"client_ja4\":\"ja4\","
            "\"not_after\":5},\"ntp\":{\"version\":4}");
}
