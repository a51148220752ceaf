// Names and contacts: changed beside the projector, kept when rows are wiped, gone when they are erased.
#include "history/contacts.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "history/reading/random_history.h"
#include "history/reading/reading_store.h"

namespace dcx::reading {
namespace {

using namespace history;

template <class Function>
ErrorCode contact_error(const Function& function) {
    try {
        function();
    } catch (const HistoryError& error) {
        return error.code();
    }
    FAIL("nothing was thrown");
    return {};
}

// Of the store's file and whatever stands beside it.
bool some_file_has(const std::string& path, const std::string& text) {
    for (const char* const part : {"", "-wal", "-shm"}) {
        std::ifstream file(path + part, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        if (bytes.find(text) != bytes.npos) return true;
    }
    return false;
}

TEST_CASE("contacts: set, changed in part, kept by a wipe, erased") {
    ReadingStore store;
    RandomHistory history(31);
    history.run(20);
    store.put(history.next(), history.units());
    const auto contacts = open_contacts(store.options());
    const AccountId account{6u};
    (void)contacts->erase(account);
    CHECK_FALSE(contacts->read(account));
    contacts->change(account, {.name = "Ada Löwe", .note = "two\nlines, 'quoted' \"twice\" $1 ?1 \\"}, Time{5l});
    contacts->change(account, {.email = "ada@example.org", .address = ""}, Time{6l});
    const auto read = contacts->read(account);
    REQUIRE(read);
    CHECK(read->name == "Ada Löwe");
    CHECK(read->email == "ada@example.org");
    CHECK(read->note == "two\nlines, 'quoted' \"twice\" $1 ?1 \\");
    CHECK(read->phone.empty());
    CHECK(read->changed == Time{6l});
    // The projector goes on, and all of its rows can go.
    history.run(20);
    store.put(history.next(), history.units());
    store.store().wipe();
    CHECK(contacts->read(account));
    if (store.sqlite()) CHECK(some_file_has(store.options().url, "ada@example.org"));
    const auto erased = contacts->erase(account);
    CHECK(erased.found);
    CHECK_FALSE(contacts->read(account));
    CHECK_FALSE(contacts->erase(account).found);
    if (store.sqlite()) {
        CHECK(erased.kept.empty());
        CHECK_FALSE(some_file_has(store.options().url, "ada@example.org"));
        CHECK_FALSE(some_file_has(store.options().url, "Ada L"));
    }
}

TEST_CASE("contacts: what a reader with a snapshot keeps from being erased is said") {
    ReadingStore store;
    if (!store.sqlite()) return;
    RandomHistory history(32);
    history.run(20);
    store.put(history.next(), history.units());
    const auto contacts = open_contacts(store.options());
    contacts->change(AccountId{6u}, {.phone = "+49 30 123456"}, Time{5l});
    const auto reader = store.reader();
    reader->begin_snapshot();
    CHECK(contacts->erase(AccountId{6u}).kept.find("-wal") != std::string::npos);
    reader->end_snapshot();
    CHECK(contacts->erase(AccountId{6u}).kept.empty());
    CHECK_FALSE(some_file_has(store.options().url, "+49 30"));
}

TEST_CASE("contacts: texts that no store takes and accounts that are not there are refused") {
    ReadingStore store;
    RandomHistory history(33);
    history.run(20);
    store.put(history.next(), history.units());
    const auto contacts = open_contacts(store.options());
    const auto code = [&](std::string text, AccountId account = AccountId{6u}) {
        return contact_error([&] { contacts->change(account, {.name = std::move(text)}, Time{5l}); });
    };
    for (const std::string& wrong :
         {std::string(1001, 'x'), std::string("\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
          std::string("a\xC3"), std::string("\x80"), std::string("\xE0\x80\xAF"), std::string("\xFF"),
          std::string("a\0b", 3), std::string("\x1B[2J"), std::string("\x7F")})
        CHECK(code(wrong) == ErrorCode::bad_request);
    CHECK(code("x", AccountId{99u}) == ErrorCode::not_found);
    CHECK(code("x", AccountId{}) == ErrorCode::not_found);
    CHECK_FALSE(contacts->read(AccountId{6u}));
    contacts->change(AccountId{6u}, {.name = std::string(1000, 'x'), .note = "\xF0\x9F\x98\x80"}, Time{5l});
    CHECK(contacts->read(AccountId{6u})->note == "\xF0\x9F\x98\x80");
    (void)contacts->erase(AccountId{6u});
    StoreOptions nowhere = store.options();
    if (store.sqlite()) {
        nowhere.url += ".not-there";
        CHECK(contact_error([&] { (void)open_contacts(nowhere); }) == ErrorCode::not_there);
    }
    nowhere.kind = "none";
    CHECK(contact_error([&] { (void)open_contacts(nowhere); }) == ErrorCode::bad_url);
}

}  // namespace
}  // namespace dcx::reading
