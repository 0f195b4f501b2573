#include "c2c/io/net/url.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"

namespace c2c {
namespace {

TEST(Url, ReadsEveryPart) {
  EXPECT_EQ(parse_url("HTTP://Example.org"), (Url{false, "example.org", 80, "/"}));
  EXPECT_EQ(parse_url("https://api.example.org/v1"), (Url{true, "api.example.org", 443, "/v1"}));
  EXPECT_EQ(parse_url("http://127.0.0.1:8080/a?b=c%20d"), (Url{false, "127.0.0.1", 8080, "/a?b=c%20d"}));
  EXPECT_EQ(parse_url("https://[::1]:8443?x"), (Url{true, "::1", 8443, "/?x"}));
}

TEST(Url, WritesWhatItReads) {
  for (const char* text : {"http://a/", "https://a:80/", "http://a:443/x?y", "https://[fe80::1]/", "http://a_b.c-d:1/"})
    EXPECT_EQ(to_string(parse_url(text)), text);
  EXPECT_EQ(to_string(parse_url("https://a:443")), "https://a/");
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "a.org",
                           "ftp://a/",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://a:/",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:+1",
                           "http://a:1x",
                           "http://a b/",
                           "http://a/\n",
                           "http://a/\x7f",
                           "http://\xc3\xa4/",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[1.2.3.4]",
                           "http://[fe80::1%25lo]/",
                           "http://a..b/",
                           "http://-a/",
                           "http://a/#x",
                           "http://a#x",
                           "javascript://a/"})
    EXPECT_THROW(parse_url(text), Error) << text;
  EXPECT_THROW(parse_url("http://a/" + std::string(kMaxUrlBytes, 'x')), Error);
  EXPECT_THROW(parse_url(std::string("http://[::1\0]/", 14)), Error);
}

TEST(Url, NeverRepeatsAPassword) {
  for (const char* text : {"https://user:secret@host/", "https://secret@host", "ftp://secret@host", "https://se cret@h",
                           "http://user:sec/ret@host", "http://host:80x/secret@y#"})
    try {
      parse_url(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("ret"), std::string::npos) << error.what();
      EXPECT_EQ(error.exit_code(), 2);
    }
}

}  // namespace
}  // namespace c2c
