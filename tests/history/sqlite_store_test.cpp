// What can happen to a SQLite file only: full disks, killed writers, rot, rights, other programs.
#include "history/sqlite_store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "base/skip_test.h"
#include "history/random_batches.h"
#include "history/sqlite_connection.h"
#include "history/store_twin.h"

namespace dcx::history {
namespace {

namespace fs = std::filesystem;

ErrorCode refused(const std::function<void()>& call) {
    try {
        call();
    } catch (const HistoryError& error) {
        CHECK(std::string_view(error.what()).size() > 40);
        return error.code();
    }
    return {};
}

class Folder {
  public:
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path = (fs::temp_directory_path() / "dcx-sqlite-XXXXXX").string();
};

struct Bed {
    Folder folder;
    std::string file = folder.path + "/history.sqlite";
    std::atomic<bool> stop{false};
    StoreOptions options{.kind = "sqlite", .url = file, .stop = &stop};
    RandomBatches made{21};
    StoreTwin twin;
    std::unique_ptr<Store> store = make_store(options);

    void put(std::size_t rows) {
        const RowBatch& batch = made.next(rows);
        store->commit(batch, made.units());
        twin.apply(batch);
    }
    void check() { check_equal(*open_reader(options), twin); }
};

// In a process of its own: its exit code, or minus the signal that has ended it.
int in_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = work();
        } catch (const std::exception&) {
        }
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("sqlite store: the file and what stands beside it are their owner's alone") {
    Bed bed;
    const mode_t before = ::umask(0);
    bed.store->open();
    bed.put(20);
    ::umask(before);
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(bed.folder.path)) {
        CAPTURE(entry.path().string());
        struct stat status{};
        REQUIRE(::stat(entry.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        ++files;
    }
    CHECK(files == 4);  // the file, its lock, its log and the log's index
}

TEST_CASE("sqlite store: what is not open says so") {
    Bed bed;
    CHECK(refused([&] { (void)bed.store->cursor(); }) == ErrorCode::unreachable);
    CHECK(refused([&] { (void)bed.store->load(); }) == ErrorCode::unreachable);
    CHECK(refused([&] { bed.put(5); }) == ErrorCode::unreachable);
    CHECK(refused([&] { bed.store->wipe(); }) == ErrorCode::unreachable);
    CHECK(refused([&] { (void)bed.store->prune(Day{1}); }) == ErrorCode::unreachable);
    CHECK(fs::is_empty(bed.folder.path));
}

// The largest size that a file of this process may have.
class FileLimit {
  public:
    explicit FileLimit(rlim_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

  private:
    rlimit before_{};
};

TEST_CASE("sqlite store: a file that can't grow is disk_full, and the batch is put when there is room again") {
    Bed bed;
    bed.store->open();
    bed.put(50);
    for (const rlim_t room : {4096ul, 40'000ul, 100'000ul, 300'000ul}) {
        CAPTURE(room);
        const RowBatch& batch = bed.made.next(2000);
        {
            const FileLimit limit(fs::file_size(bed.file + "-wal") + room);
            CHECK(refused([&] { bed.store->commit(batch, bed.made.units()); }) == ErrorCode::disk_full);
            CHECK((bed.store->cursor() == bed.twin.cursor));
            bed.check();
            CHECK(refused([&] { bed.store->commit(batch, bed.made.units()); }) == ErrorCode::disk_full);
        }
        // As the projector does: it opens it again, asks where it stands, and tries the same batch.
        if (room == 40'000) bed.store->open();
        bed.store->commit(batch, bed.made.units());
        bed.twin.apply(batch);
        bed.check();
    }
    CHECK(refused([&] {
              const FileLimit limit(16'384);
              make_store({.kind = "sqlite", .url = bed.folder.path + "/other.sqlite"})->open();
          }) == ErrorCode::disk_full);
}

TEST_CASE("sqlite store: a disk that is really full") {
    if (::geteuid() != 0) return skip_test("only root can mount a small disk");
    const auto work = [] {
        const std::string folder = (fs::temp_directory_path() / "dcx-full-XXXXXX").string();
        std::string path = folder;
        if (::mkdtemp(path.data()) == nullptr || ::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", path.c_str(), "tmpfs", 0, "size=8m") != 0)
            return 77;
        RandomBatches made(22);
        StoreTwin twin;
        const StoreOptions options{.kind = "sqlite", .url = path + "/history.sqlite"};
        const auto store = make_store(options);
        store->open();
        ErrorCode code{};
        std::size_t fits = 0;
        while (true) {
            const RowBatch& batch = made.next(500);
            try {
                store->commit(batch, made.units());
                twin.apply(batch);
                ++fits;
                continue;
            } catch (const HistoryError& error) {
                code = error.code();
            }
            if (!(store->cursor() == twin.cursor)) return 1;
            check_equal(*open_reader(options), twin);
            ::mount("none", path.c_str(), "tmpfs", MS_REMOUNT, "size=64m");
            store->commit(batch, made.units());
            twin.apply(batch);
            check_equal(*open_reader(options), twin);
            break;
        }
        ::umount2(path.c_str(), MNT_DETACH);
        fs::remove_all(path);
        return code == ErrorCode::disk_full && fits > 2 ? 0 : 2;
    };
    const int code = in_child(work);
    if (code == 77) return skip_test("a small disk can't be mounted here");
    CHECK(code == 0);
}

TEST_CASE("sqlite store: kill -9 anywhere leaves whole batches") {
    Bed bed;
    Random random(23);
    constexpr std::size_t kRows = 3000;
    StoreTwin twin;
    RandomBatches made(24);  // again here what the child has put
    for (int round = 0; round < 10; ++round) {
        std::array<int, 2> told{};
        REQUIRE(::pipe2(told.data(), O_CLOEXEC) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            // From where the file ends. A byte is told before the file is opened and after each commit.
            const auto tell = [&] { (void)!::write(told[1], "x", 1); };
            tell();
            try {
                RandomBatches again(24);
                bed.store->open();
                const Cursor end = bed.store->cursor();
                const RowBatch* batch = &again.next(kRows);
                while (end.sequence && batch->to != end) batch = &again.next(kRows);
                if (!end.sequence) bed.store->commit(*batch, again.units());
                while (true) {
                    tell();
                    bed.store->commit(again.next(kRows), again.units());
                }
            } catch (const std::exception&) {
            }
            ::_exit(1);
        }
        ::close(told[1]);
        // The first round in any case dies after a commit.
        for (std::int64_t i = random.between(round == 0 ? 2 : 1, 4); i > 0; --i) {
            char byte = 0;
            REQUIRE(::read(told[0], &byte, 1) == 1);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random.between(0, 60'000)));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ::close(told[0]);
        CHECK(WIFSIGNALED(status));
        if (!fs::exists(bed.file)) continue;
        // A reader alone sees the same as the writer after it.
        const auto store = make_store(bed.options);
        store->open();
        const Cursor end = store->cursor();
        while (twin.cursor != end) {
            REQUIRE(twin.cursor.sequence < end.sequence);
            twin.apply(made.next(kRows));
        }
        check_equal(*open_reader(bed.options), twin);
        check_state(store->load(), twin.load());
    }
    CHECK(twin.cursor.sequence.value > 0);
}

// Whatever a file holds: it is refused with a number, or it holds what it should.
TEST_CASE("sqlite store: rot and cuts anywhere are met with numbered errors") {
    Bed bed;
    bed.store->open();
    for (int i = 0; i < 3; ++i) bed.put(400);
    bed.store.reset();  // the log's pages go into the file
    const auto size = static_cast<std::int64_t>(fs::file_size(bed.file));
    const RowBatch batch = bed.made.next(200);
    Random random(25);
    int noticed = 0;
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        Folder folder;
        const std::string copy = folder.path + "/history.sqlite";
        fs::copy_file(bed.file, copy);
        if (round % 5 == 0) {
            fs::resize_file(copy, static_cast<std::uintmax_t>(random.between(1, size - 1)));
        } else {
            std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
            // A whole page, some bytes of one, and often of the first ones, where the schema is.
            const std::int64_t page = round % 3 == 0 ? random.between(0, 3) : random.between(0, size / 8192 - 1);
            file.seekp(page * 8192 + random.between(0, 4000));
            for (std::int64_t i = random.between(1, 4000); i > 0; --i) file.put(static_cast<char>(random.next()));
        }
        const StoreOptions options{.kind = "sqlite", .url = copy};
        const auto use = [&](const std::function<void()>& call) {
            try {
                call();
            } catch (const HistoryError& error) {
                CHECK(error.code() == ErrorCode::damaged);
                ++noticed;
            }
        };
        use([&] {
            StoreTwin twin;
            const auto reader = open_reader(options);
            const Units units = reader->units();
            twin.each_table([&](auto& table) {
                using Row = typename std::remove_cvref_t<decltype(table)>::mapped_type;
                (void)reader->rows<Row>(units, "ORDER BY " + key_names<Row>());
            });
        });
        use([&] {
            const auto store = make_store(options);
            store->open();
            (void)store->load();
            store->commit(batch, bed.made.units());
        });
    }
    CHECK(noticed > 30);
}

TEST_CASE("sqlite store: a file that is none, or another program's, is refused and left as it is") {
    Bed bed;
    std::string content;
    SUBCASE("text") { content = std::string(20'000, 'a'); }
    SUBCASE("a short text") { content = "hello"; }
    SUBCASE("another program's tables") {
        {
            std::ofstream{bed.file};
            SqliteConnection other(bed.file, SqliteConnection::Access::write, nullptr);
            other.run("CREATE TABLE bookmarks (a); INSERT INTO bookmarks VALUES (1)");
        }
        std::ifstream in(bed.file, std::ios::binary);
        content.assign(std::istreambuf_iterator<char>(in), {});
    }
    std::ofstream(bed.file, std::ios::binary) << content;
    CHECK(refused([&] { bed.store->open(); }) == ErrorCode::damaged);
    CHECK(refused([&] { (void)open_reader(bed.options); }) == ErrorCode::damaged);
    std::ifstream in(bed.file, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == content);
}

TEST_CASE("sqlite store: a file that is empty is a new one") {
    Bed bed;
    std::ofstream{bed.file};  // killed between creating it and the first page
    CHECK(refused([&] { (void)open_reader(bed.options); }) == ErrorCode::not_there);
    bed.store->open();
    bed.put(20);
    bed.check();
}

TEST_CASE("sqlite store: a folder that is not there, a folder in its place, a folder without rights") {
    Bed bed;
    CHECK(refused([&] { make_store({.kind = "sqlite", .url = bed.folder.path + "/no/history.sqlite"})->open(); }) ==
          ErrorCode::not_there);
    CHECK(refused([&] { make_store({.kind = "sqlite", .url = bed.folder.path})->open(); }) == ErrorCode::damaged);
    CHECK(refused([&] { (void)open_reader({.kind = "sqlite", .url = bed.folder.path}); }) == ErrorCode::damaged);
    fs::remove(bed.folder.path + ".lock");
    bed.store->open();
    bed.put(20);
    bed.store.reset();
    ::chmod(bed.folder.path.c_str(), 0555);
    // Root may write everywhere.
    const int code = in_child([&] {
        if (::geteuid() == 0 && (::setgid(65'534) != 0 || ::setuid(65'534) != 0)) return 77;
        const auto store = make_store(bed.options);
        try {
            store->open();
        } catch (const HistoryError& error) {
            if (error.code() != ErrorCode::credentials) return 1;
        }
        try {
            (void)open_reader(bed.options);
        } catch (const HistoryError& error) {
            return error.code() == ErrorCode::credentials ? 0 : 2;
        }
        // The owner's own file, in a folder where no log can be made.
        return 3;
    });
    ::chmod(bed.folder.path.c_str(), 0755);
    CHECK(code == 0);
    bed.store = make_store(bed.options);
    bed.store->open();
    bed.check();
}

TEST_CASE("sqlite store: another program's lock is a conflict that passes, and a stop ends the wait") {
    Bed bed;
    bed.store->open();
    bed.put(20);
    SqliteConnection other(bed.file, SqliteConnection::Access::write, nullptr);
    other.run("BEGIN IMMEDIATE");
    const RowBatch& batch = bed.made.next(20);
    CHECK(refused([&] { bed.store->commit(batch, bed.made.units()); }) == ErrorCode::conflict);
    bed.stop = true;
    CHECK(refused([&] { bed.store->commit(batch, bed.made.units()); }) == ErrorCode::stopped);
    bed.stop = false;
    other.run("ROLLBACK");
    bed.store->commit(batch, bed.made.units());
    bed.twin.apply(batch);
    bed.check();
}

TEST_CASE("sqlite store: a file that is moved away while it is open is no longer written to") {
    Bed bed;
    bed.store->open();
    bed.put(20);
    const auto reader = open_reader(bed.options);
    const auto move = [&](const std::string& from, const std::string& to) {
        for (const char* part : {"", "-wal", "-shm"})
            if (fs::exists(from + part)) fs::rename(from + part, to + part);
    };
    move(bed.file, bed.folder.path + "/away");
    CHECK(refused([&] { bed.put(20); }) == ErrorCode::damaged);
    CHECK(refused([&] { (void)bed.store->cursor(); }) == ErrorCode::damaged);
    CHECK(refused([&] { (void)reader->cursor(); }) == ErrorCode::not_there);
    // Opened again it is a new one.
    bed.store->open();
    CHECK((bed.store->cursor() == Cursor{}));
}

TEST_CASE("sqlite store: pruning and wiping give the disk its room back") {
    Bed bed;
    bed.store->open();
    std::vector<RowBatch> batches;
    for (int i = 0; i < 20; ++i) bed.put(2000);
    bed.store->open();
    const auto disk = [&] { return fs::file_size(bed.file) + fs::file_size(bed.file + "-wal"); };
    const auto full = disk();
    CHECK(bed.store->prune(Day{1'000'000}) > 50'000);
    const auto pruned = disk();
    CHECK(pruned < full / 2);
    bed.store->wipe();
    CHECK(disk() < pruned);
    CHECK(disk() < 500'000);
    bed.stop = true;
    CHECK(refused([&] {
              bed.stop = false;
              bed.made = RandomBatches(26);
              for (int i = 0; i < 3; ++i) bed.store->commit(bed.made.next(500), bed.made.units());
              bed.stop = true;
              (void)bed.store->prune(Day{1'000'000});
          }) == ErrorCode::stopped);
    // Begun again it goes on.
    bed.stop = false;
    CHECK(bed.store->prune(Day{1'000'000}) > 0);
    CHECK(bed.store->prune(Day{1'000'000}) == 0);
}

TEST_CASE("sqlite store: numbers of 32 bits use all of them") {
    Bed bed;
    bed.store->open();
    RowBatch batch = bed.made.next(0);
    auto account = bed.made.maker().make<AccountRow>();
    account.account_id = AccountId{~0u};
    account.max_open_orders = ~0u;
    account.burst = 1u << 31;
    batch.accounts = {account};
    bed.store->commit(batch, bed.made.units());
    bed.twin.apply(batch);
    bed.check();
    check_state(bed.store->load(), bed.twin.load());
}

}  // namespace
}  // namespace dcx::history
