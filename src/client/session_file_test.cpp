#include "client/session_file.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace dcx;
using namespace dcx::client;

namespace {

constexpr KeyId kKey{7u};

struct Folder {
    std::string name = (std::filesystem::temp_directory_path() / "dcx-session-XXXXXX").string();
    Folder() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(name); }
    [[nodiscard]] std::string path() const { return name + "/session"; }
};

SessionFile open(const Folder& folder) {
    auto file = SessionFile::open(folder.path(), kKey, 3);
    REQUIRE_MESSAGE(file.has_value(), file.error());
    return std::move(*file);
}
OutboxCommand order(std::uint64_t number) {
    const PlaceOrder body{.cl_ord_id = ClOrdId{number}};
    OutboxCommand command{.cl_ord_id = body.cl_ord_id, .kind = PlaceOrder::kind, .size = sizeof(body)};
    std::memcpy(command.body.data(), &body, sizeof(body));
    return command;
}
std::vector<std::uint64_t> sequences(const SessionFile& file) {
    std::vector<std::uint64_t> result;
    for (const auto& command : file.unanswered(0)) result.push_back(command.sequence);
    return result;
}
using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("session file: another process finds what was sent and not answered") {
    const Folder folder;
    {
        SessionFile file = open(folder);
        CHECK(file.next_report() == 0);
        for (std::uint64_t sequence = 1; sequence <= 6; ++sequence) file.sending(order(40 + sequence), sequence);
        file.answered(2);
        file.venue_expects(5);
        file.sending(order(46), 5);
        file.next_report(12);
    }
    SessionFile file = open(folder);
    CHECK(sequences(file) == Numbers{3, 4, 5});
    CHECK(file.unanswered(0)[2].cl_ord_id.value == 46);
    CHECK(file.unanswered(1'000'000'000'000)[0].given_ns <= 1'000'000'000'000);
    CHECK(file.next_report() == 12);
    CHECK(file.last_sent() == 5);
    CHECK(file.answered_through() == 2);
    file.forget();
    CHECK(sequences(file).empty());
    struct stat status{};
    REQUIRE(::stat(folder.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("session file: slots are used again, half a slot is none") {
    const Folder folder;
    {
        SessionFile file = open(folder);
        for (std::uint64_t sequence = 1; sequence <= SessionFile::kSlots + 3; ++sequence) {
            file.sending(order(sequence), sequence);
            if (sequence > 2) file.answered(sequence - 2);
        }
        CHECK(sequences(file) == Numbers{SessionFile::kSlots + 2, SessionFile::kSlots + 3});
    }
    // A byte of the last body, which lies in the fourth slot.
    std::fstream raw(folder.path(), std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(64 + 3 * 112 + 24 + 20);
    raw.put('x');
    raw.close();
    CHECK(sequences(open(folder)) == Numbers{SessionFile::kSlots + 2});
}

TEST_CASE("session file: what is refused") {
    const Folder folder;
    {
        const SessionFile file = open(folder);
        CHECK(SessionFile::open(folder.path(), kKey, 3).error().find("another process") != std::string::npos);
    }
    CHECK(SessionFile::open(folder.path(), kKey, 4).error().find("it is of session 3") != std::string::npos);
    CHECK(SessionFile::open(folder.path(), KeyId{8u}, 3).error().find("of key 7") != std::string::npos);
    CHECK_FALSE(SessionFile::open(folder.name + "/no/such", kKey, 3).has_value());
    CHECK_FALSE(SessionFile::open(folder.name, kKey, 3).has_value());
    std::filesystem::resize_file(folder.path(), 100);
    CHECK(SessionFile::open(folder.path(), kKey, 3).error().find("no session file") != std::string::npos);
    std::filesystem::resize_file(folder.path(), 0);
    CHECK(SessionFile::open(folder.path(), kKey, 3).has_value());
}
