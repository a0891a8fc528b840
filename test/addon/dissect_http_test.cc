// Heads of HTTP: whole, in pieces, hostile.
#include "core/dissect/http.h"

#include "check.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;

namespace {

std::string request(const std::string& text, Reading expected = Reading::done) {
  Findings findings;
  CHECK(read_http_request(Bytes(text), findings) == expected);
  return json(findings);
}
std::string response(const std::string& text, Reading expected = Reading::done) {
  Findings findings;
  CHECK(read_http_response(Bytes(text), findings) == expected);
  return json(findings);
}

const std::string get =
    "GET /a?b=c HTTP/1.1\r\nAccept: */*\r\nHOST:  WWW.Example.org:8080 \r\nuser-agent: curl/7.88.1\r\nCookie: x\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\ncontent-type: text/html; charset=utf-8\r\n\r\n<html>";

}  // namespace

TEST(http_request_says_host_url_and_user_agent) {
  CHECK_STR(request(get),
            R"("host_server_name":"www.example.org","http":{"host":"WWW.Example.org:8080","url":"WWW.Example.org:8080/a?b=c",)"
            R"("user_agent":"curl/7.88.1","method":"GET"})");
}

TEST(http_request_in_its_other_forms) {
  CHECK_STR(request("GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            R"("host_server_name":"a.example","http":{"host":"a.example","url":"a.example/x","method":"GET"})");
  CHECK_STR(request("CONNECT b.example:443 HTTP/1.1\r\nHost: proxy.example\r\n\r\n"),
            R"("host_server_name":"b.example","http":{"host":"proxy.example","url":"b.example:443","method":"CONNECT"})");
  CHECK_STR(request("OPTIONS * HTTP/1.1\nHost: [2001:db8::1]:80\n\n"),
            R"("host_server_name":"2001:db8::1","http":{"host":"[2001:db8::1]:80","url":"[2001:db8::1]:80*","method":"OPTIONS"})");
  CHECK_STR(request("GET / HTTP/1.0\r\n\r\n"), R"("http":{"url":"/","method":"GET"})");
}

TEST(http_request_in_pieces_is_found_as_far_as_it_goes) {
  CHECK_STR(request("GE", Reading::more), "");
  CHECK_STR(request("GET /a?b=c HTTP/1.1\r\nHost: a.exa", Reading::more), R"("http":{"url":"/a?b=c","method":"GET"})");
  Findings findings;
  for (size_t size = 0; size < get.size(); ++size) CHECK(read_http_request(Bytes(get.substr(0, size)), findings) != Reading::done || size == 0);
  CHECK(read_http_request(Bytes(get), findings) == Reading::done);
  CHECK_STR(json(findings), request(get));
}

TEST(http_request_of_other_protocols_is_foreign) {
  for (const char* text : {"USER bob\r\n", "OPTIONS rtsp://a/ RTSP/1.0\r\n", "INVITE sip:a@b SIP/2.0\r\n", "get / HTTP/1.1\r\n",
                           "GET  HTTP/1.1\r\n", "\x16\x03\x01", "PRI * HTTP/2.0\r\n\r\n"})
    CHECK_STR(request(text, Reading::foreign), "");
}

TEST(http_response_says_status_type_and_server) {
  CHECK_STR(response(ok), R"("http":{"status":200,"content_type":"text/html; charset=utf-8","server":"nginx/1.22.1"})");
  CHECK_STR(response("HTTP/1.1 100 Continue\r\nServer: no\r\n\r\n" + ok), response(ok));
  CHECK_STR(response("HTTP/1.1 100 Continue\r\n\r\n", Reading::more), "");
  CHECK_STR(response("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nHTTP/"), R"("http":{"status":101})");
  CHECK_STR(response("HTTP/1.0 404\r\n", Reading::more), R"("http":{"status":404})");
  for (const char* text : {"HTTP/1.1 2x0 OK\r\n", "HTTP/2 200\r\n", "220 ready\r\n", "HTTP/1.1\r\n"})
    CHECK_STR(response(text, Reading::foreign), "");
}

TEST(http_heads_of_any_size_and_kind_stay_inside) {
  Findings findings;
  const std::string long_url = "GET /" + std::string(20000, 'u') + " HTTP/1.1\r\nHost: " + std::string(5000, 'h') + "\r\n\r\n";
  CHECK(read_http_request(Bytes(long_url), findings) == Reading::done);
  CHECK(findings.text(Field::http_url).size() <= Metadata::max_text + 1);
  distort(get, [](Cursor head, Findings& found) { read_http_request(head, found); });
  distort(ok, [](Cursor head, Findings& found) { read_http_response(head, found); });
}
