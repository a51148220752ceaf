// The mirror's two ends together: feed/mirror_writer.h and client/mirror_reader.h may not know each other.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "app/mirror_work.h"
#include "base/random.h"
#include "client/mirror_reader.h"
#include "feed/publisher.h"
#include "feed/test_venue.h"
#include "platform/system_clock.h"

using namespace dcx;
using feed::MirrorFile;
using feed::MirrorWriter;
using feed::testing::TestVenue;

namespace {

constexpr MirrorWriter::Options kOptions{.levels = 8, .capacity = 2, .venue_id = {}, .pid = 1, .created_ns = 2};

struct Folder {
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "dcx-mirror-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file() const { return path + "/book.mirror"; }
    std::string path;
};

// A mirror file with a writer, and events for it.
struct Rig {
    explicit Rig(const std::string& path) : work(std::move(*app::MirrorWork::make(path, kOptions))) {
        venue.start();
        take();
    }
    void take() {
        for (; next < venue.events.size(); ++next) publisher.apply(venue.events[next]);
        publisher.tick(platform::SystemClock{}.monotonic_ns());
    }
    std::unique_ptr<app::MirrorWork> work;
    TestVenue venue;
    feed::Publisher publisher{{.mirror = &work->writer()}};
    std::size_t next = 0;
};

// Every state of this book has one level a side more or less than the next, all with quantities that follow from the
// command that made it: no mixture of two states passes.
class Pulse {
  public:
    explicit Pulse(MirrorWriter& writer) : writer_(writer) {}
    void step() {
        ++sequence_;
        feed::FeedBook& book = market_.book();
        for (std::uint64_t i = 0; i < resting_; ++i) cancel(first_ + i);
        first_ += resting_;
        resting_ = 2 + 2 * (sequence_ % 5);
        for (std::uint64_t i = 0; i < resting_; ++i) place(first_ + i);
        writer_.update(market_, Sequence{sequence_}, Time{static_cast<std::int64_t>(sequence_ * 3)});
        writer_.end_command(Sequence{sequence_});
        book.clear_changes();
    }
    void list() { writer_.list(market_, Sequence{}, Time{}); }

    static bool holds(const client::MirrorBook& book) {
        const std::uint64_t sequence = book.head.sequence.value;
        if (sequence == 0) return book.bids.empty() && book.asks.empty();
        const std::size_t levels = 1 + sequence % 5;
        bool good = book.head.time.value == static_cast<std::int64_t>(sequence * 3) && book.bids.size() == levels &&
                    book.asks.size() == levels && book.head.guard == 2 * (sequence + 1);
        for (const auto* side : {&book.bids, &book.asks})
            for (const MirrorLevel& level : *side)
                good = good && level.quantity.value == static_cast<std::int64_t>(sequence) && level.orders == 1;
        return good;
    }

  private:
    [[nodiscard]] std::int64_t price_of(std::uint64_t id) const {
        const auto away = static_cast<std::int64_t>(1 + (id - first_) / 2);
        return id % 2 == 0 ? 100 - away : 100 + away;
    }
    void place(std::uint64_t id) {
        market_.book().apply(OrderRested{.order_id = OrderId{id},
                                         .price = Price{price_of(id)},
                                         .quantity = Quantity{static_cast<std::int64_t>(sequence_)},
                                         .side = id % 2 == 0 ? Side::buy : Side::sell,
                                         .zero = {}});
    }
    void cancel(std::uint64_t id) {
        market_.book().apply(OrderCanceled{.order_id = OrderId{id},
                                           .price = Price{price_of(id)},
                                           .quantity = Quantity{static_cast<std::int64_t>(sequence_ - 1)},
                                           .side = id % 2 == 0 ? Side::buy : Side::sell,
                                           .rested = 1,
                                           .zero = {}});
    }

    MirrorWriter& writer_;
    feed::Market market_{TestVenue::listing(InstrumentId{1u}, "DEC/USD"), "DEC", "USD"};
    std::uint64_t sequence_ = 0;
    std::uint64_t first_ = 2;
    std::uint64_t resting_ = 0;
};

// Reads until it has seen so many different states; false when one was torn, older than one before, or none came.
bool watch_pulse(const client::MirrorReader& reader, std::uint64_t states) {
    client::MirrorBook book;
    std::uint64_t seen = 0;
    std::uint64_t last = 0;
    unsigned refused = 0;
    for (std::uint64_t tries = 0; seen < states && tries < 200'000'000; ++tries) {
        // What the header promises, the book must show.
        const Sequence promised = reader.sequence();
        // A writer that has lost its processor in the middle of a change lets nobody read until it gets it back.
        if (!reader.read(0, book)) {
            if (++refused > 1'000) return false;
            continue;
        }
        if (!Pulse::holds(book)) return false;
        if (book.head.sequence < promised || book.head.sequence.value < last) return false;
        seen += book.head.sequence.value != last;
        last = book.head.sequence.value;
    }
    return seen == states;
}

}  // namespace

TEST_CASE("mirror: a reader has what the writer shows, whole") {
    const Folder folder;
    Rig rig(folder.file());
    CHECK_FALSE(client::MirrorReader::open(folder.file()));
    REQUIRE(rig.work->file().publish());
    auto reader = client::MirrorReader::open(folder.file());
    REQUIRE(reader);
    CHECK(reader->header().levels == 8);
    CHECK(reader->header().pid == 1);
    CHECK(reader->books() == 1);
    CHECK(reader->find("DEC/USD") == 0);
    CHECK_FALSE(reader->find("DEC/EUR"));
    CHECK(reader->epoch() == 1);
    struct stat status{};
    REQUIRE(::stat(folder.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0644);

    client::MirrorBook book;
    REQUIRE(reader->read(0, book));
    CHECK(book.bids.empty());
    CHECK_FALSE(reader->wait(0, book.head.guard, 10));
    rig.venue.place(Side::buy, 100, 5);
    rig.venue.place(Side::buy, 101, 6);
    rig.take();
    CHECK(reader->wait(0, book.head.guard, 1));
    REQUIRE(reader->read(0, book));
    CHECK(book.bids == std::vector<MirrorLevel>{{.price = Price{101l}, .quantity = Quantity{6l}, .orders = 1},
                                                {.price = Price{100l}, .quantity = Quantity{5l}, .orders = 1}});
    CHECK(book.head.guard == reader->guard(0));
    CHECK(book.head.tick_scale == 4);
    CHECK(reader->sequence().value == rig.venue.sequence());
    CHECK(reader->writer() == client::MirrorWriterState::live);
}

TEST_CASE("mirror: no reader takes a torn book for a whole one, in a thread") {
    const Folder folder;
    auto work = app::MirrorWork::make(folder.file(), kOptions);
    REQUIRE(work);
    Pulse pulse((*work)->writer());
    pulse.list();
    REQUIRE((*work)->file().publish());
    const auto reader = client::MirrorReader::open(folder.file());
    REQUIRE(reader);
    bool good = false;
    std::atomic<bool> done{false};
    std::thread watcher([&] {
        good = watch_pulse(*reader, 500);
        done.store(true);
    });
    for (std::uint64_t steps = 0; !done.load() && steps < 100'000'000; ++steps) pulse.step();
    watcher.join();
    CHECK(good);
}

TEST_CASE("mirror: no reader takes a torn book for a whole one, in another process") {
    const Folder folder;
    auto work = app::MirrorWork::make(folder.file(), kOptions);
    REQUIRE(work);
    Pulse pulse((*work)->writer());
    pulse.list();
    REQUIRE((*work)->file().publish());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto reader = client::MirrorReader::open(folder.file());
        ::_exit(reader && watch_pulse(*reader, 500) ? 0 : 1);
    }
    int status = 0;
    for (std::uint64_t steps = 0; steps < 1'000'000'000; ++steps) {
        pulse.step();
        if (steps % 256 == 0 && ::waitpid(child, &status, WNOHANG) == child) break;
    }
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("mirror: a map can't be written, and a reader's lock disturbs nobody") {
    const Folder folder;
    Rig rig(folder.file());
    REQUIRE(rig.work->file().publish());
    const Descriptor file{::open(folder.file().c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(file.get() >= 0);
    CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0) == MAP_FAILED);
    CHECK(::flock(file.get(), LOCK_SH | LOCK_NB) != 0);
    CHECK(::flock(file.get(), LOCK_EX | LOCK_NB) != 0);
}

TEST_CASE("mirror: a reader knows how its writer fares") {
    const Folder folder;
    auto rig = std::make_unique<Rig>(folder.file());
    REQUIRE(rig->work->file().publish());
    auto reader = client::MirrorReader::open(folder.file());
    REQUIRE(reader);
    SUBCASE("it hangs") {
        rig->work->writer().beat(platform::SystemClock{}.monotonic_ns() + kMirrorBeatNs);
        CHECK(reader->writer() == client::MirrorWriterState::live);
        // As if this were all it ever said.
        auto other = app::MirrorWork::make(folder.path + "/other.mirror", kOptions);
        REQUIRE(other);
        (*other)->writer().go_live(1, Sequence{1ul});
        (*other)->writer().beat(1);
        REQUIRE((*other)->file().publish());
        CHECK(client::MirrorReader::open(folder.path + "/other.mirror")->writer() == client::MirrorWriterState::silent);
    }
    SUBCASE("it stops: its name is gone too") {
        rig->work->close();
        CHECK(reader->writer() == client::MirrorWriterState::gone);
        CHECK_FALSE(std::filesystem::exists(folder.file()));
        client::MirrorBook book;
        CHECK(reader->read(0, book));
    }
    SUBCASE("another one does not take its name while it lives") {
        auto other = app::MirrorWork::make(folder.file(), kOptions);
        REQUIRE(other);
        const auto published = (*other)->file().publish();
        REQUIRE_FALSE(published);
        CHECK(published.error().ends_with("another venue's"));
        other->reset();
        CHECK(std::filesystem::exists(folder.file()));
        // Nothing of the refused one is left.
        CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
    }
}

TEST_CASE("mirror: what a killed writer left is known as such, and replaced") {
    const Folder folder;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Rig rig(folder.file());
        // As by kill -9: nothing is closed or taken away.
        ::_exit(rig.work->file().publish() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WEXITSTATUS(status) == 0);
    const auto left = client::MirrorReader::open(folder.file());
    REQUIRE(left);
    CHECK(left->writer() == client::MirrorWriterState::gone);

    Rig rig(folder.file());
    REQUIRE(rig.work->file().publish());
    CHECK(left->writer() == client::MirrorWriterState::gone);
    CHECK(client::MirrorReader::open(folder.file())->writer() == client::MirrorWriterState::live);
}

TEST_CASE("mirror: a reader refuses what is none") {
    const Folder folder;
    CHECK_FALSE(client::MirrorReader::open(folder.path));
    CHECK_FALSE(client::MirrorReader::open(folder.file()));
    const auto with = [&](const auto& change) {
        auto file = MirrorFile::create(folder.file(), MirrorWriter::bytes(kOptions));
        REQUIRE(file);
        MirrorWriter writer(file->words(), kOptions);
        change(file->words());
        REQUIRE(file->publish());
        const auto reader = client::MirrorReader::open(folder.file());
        return reader ? std::string("opened") : reader.error().substr(folder.file().size() + 2);
    };
    CHECK(with([](auto) {}) == "opened");
    CHECK(with([](auto words) { words[0].store(1); }) == "is no book mirror");
    CHECK(with([](auto words) { words[1].store(2); }) == "is a book mirror of version 2, not 1");
    CHECK(with([](auto words) { words[2].store(64); }) == "is a damaged book mirror");
    CHECK(with([](auto words) { words[3].store(~std::uint64_t{0}); }) == "is a damaged book mirror");
}

TEST_CASE("mirror: its file is named by the folder of the venue and by the venue") {
    const Folder one;
    const Folder two;
    const std::string path = app::mirror_path("/dev/shm", one.path, {});
    CHECK(path.starts_with("/dev/shm/dcx-"));
    CHECK(path == app::mirror_path("/dev/shm", one.path + "/.", {}));
    CHECK(path != app::mirror_path("/dev/shm", two.path, {}));
    CHECK(path != app::mirror_path("/dev/shm", one.path, {std::byte{1}}));
}
