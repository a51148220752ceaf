#include "chain/anchor_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace dcx::chain {
namespace {

// "dcxA", so that no other program's database is taken for one.
constexpr std::int64_t kApplication = 0x64637841;
constexpr std::int64_t kVersion = 1;

constexpr const char* kSchema =
    "CREATE TABLE anchors (checkpoint INTEGER NOT NULL, place INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " digest BLOB NOT NULL, stage INTEGER NOT NULL, tx_hash BLOB NOT NULL, body TEXT NOT NULL,"
    " path_index INTEGER NOT NULL, nonce INTEGER NOT NULL, height INTEGER NOT NULL, block_hash BLOB NOT NULL,"
    " sent_height INTEGER NOT NULL, posts INTEGER NOT NULL, made_ns INTEGER NOT NULL, sent_ns INTEGER NOT NULL,"
    " confirmed_ns INTEGER NOT NULL, error TEXT NOT NULL, told INTEGER NOT NULL,"
    " PRIMARY KEY (checkpoint, place, attempt)) WITHOUT ROWID, STRICT;"
    "CREATE INDEX anchors_by_stage ON anchors (place, stage, checkpoint);"
    "CREATE TABLE places (place INTEGER PRIMARY KEY, tip_height INTEGER NOT NULL, tip_hash BLOB NOT NULL,"
    " started_s INTEGER NOT NULL, path_index INTEGER NOT NULL, last_nonce INTEGER NOT NULL,"
    " look_again INTEGER NOT NULL) STRICT;";

constexpr const char* kColumns =
    "checkpoint, place, attempt, digest, stage, tx_hash, body, path_index, nonce, height, block_hash, sent_height, "
    "posts, made_ns, sent_ns, confirmed_ns, error, told";

std::int64_t i64(std::uint64_t value) { return static_cast<std::int64_t>(value); }

class Statement {
  public:
    Statement(sqlite3* db, const std::string& path, const std::string& sql) : db_(db), path_(path) {
        if (::sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) fail();
    }
    ~Statement() { ::sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::int64_t value) {
        if (::sqlite3_bind_int64(statement_, ++bound_, value) != SQLITE_OK) fail();
        return *this;
    }
    Statement& bind(const Digest& value) {
        if (::sqlite3_bind_blob(statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT) !=
            SQLITE_OK)
            fail();
        return *this;
    }
    Statement& bind(const std::string& value) {
        if (::sqlite3_bind_text(statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT) !=
            SQLITE_OK)
            fail();
        return *this;
    }
    bool row() {
        const int result = ::sqlite3_step(statement_);
        if (result != SQLITE_ROW && result != SQLITE_DONE) fail();
        read_ = -1;
        return result == SQLITE_ROW;
    }
    std::int64_t integer() { return ::sqlite3_column_int64(statement_, ++read_); }
    Digest digest() {
        Digest out{};
        ++read_;
        if (::sqlite3_column_bytes(statement_, read_) != static_cast<int>(out.size()))
            throw std::runtime_error(path_ + ": a digest of another size");
        std::memcpy(out.data(), ::sqlite3_column_blob(statement_, read_), out.size());
        return out;
    }
    std::string text() {
        ++read_;
        const auto* const bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, read_));
        return bytes == nullptr
                   ? std::string{}
                   : std::string(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_, read_)));
    }

  private:
    [[noreturn]] void fail() { throw std::runtime_error(path_ + ": " + ::sqlite3_errmsg(db_)); }

    sqlite3* db_;
    const std::string& path_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
    int read_ = -1;
};

Anchor anchor_at(Statement& row, const std::string& path) {
    Anchor anchor;
    anchor.checkpoint = static_cast<std::uint64_t>(row.integer());
    anchor.place = static_cast<AnchorPlace>(row.integer());
    anchor.attempt = static_cast<std::uint32_t>(row.integer());
    anchor.digest = row.digest();
    anchor.stage = static_cast<AnchorStage>(row.integer());
    anchor.tx_hash = row.digest();
    anchor.body = row.text();
    anchor.path_index = static_cast<std::uint32_t>(row.integer());
    anchor.nonce = static_cast<std::uint64_t>(row.integer());
    anchor.height = static_cast<std::uint64_t>(row.integer());
    anchor.block_hash = row.digest();
    anchor.sent_height = static_cast<std::uint64_t>(row.integer());
    anchor.posts = static_cast<std::uint32_t>(row.integer());
    anchor.made_ns = row.integer();
    anchor.sent_ns = row.integer();
    anchor.confirmed_ns = row.integer();
    anchor.error = row.text();
    anchor.told = row.integer() != 0;
    if (to_string(anchor.place) == "?" || to_string(anchor.stage) == "?")
        throw std::runtime_error(path + ": an anchor of a place or stage that this program does not know");
    return anchor;
}

// Made here, so that it belongs to its owner alone.
void create_private(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) throw std::runtime_error(path + ": can't be made: " + std::strerror(errno));
    ::close(fd);
}

}  // namespace

AnchorStore::AnchorStore(const std::string& path, Access access) : path_(path) {
    const bool write = access == Access::write;
    struct stat status{};
    if (write && ::lstat(path.c_str(), &status) != 0) create_private(path);
    // A reader too has to make the file of shared memory that WAL needs, but nothing of the database itself.
    if (::sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr) != SQLITE_OK) {
        const std::string why = db_ == nullptr ? "no memory" : ::sqlite3_errmsg(db_);
        ::sqlite3_close(db_);
        throw std::runtime_error(path + ": " + why);
    }
    try {
        ::sqlite3_busy_timeout(db_, 5000);
        const auto number = [&](const char* pragma) {
            Statement asked(db_, path_, pragma);
            return asked.row() ? asked.integer() : 0;
        };
        std::int64_t version = number("PRAGMA user_version");
        const std::int64_t application = number("PRAGMA application_id");
        if (version == 0 && application == 0 && write) {
            run("PRAGMA journal_mode = WAL");
            run("PRAGMA synchronous = FULL");
            run("BEGIN IMMEDIATE");
            run(kSchema);
            run(("PRAGMA application_id = " + std::to_string(kApplication)).c_str());
            run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
            run("COMMIT");
            version = kVersion;
        } else if (version == 0 && application == 0) {
            made_ = false;
            version = kVersion;
        } else if (application != kApplication) {
            throw std::runtime_error(path + ": is no queue of anchors");
        }
        if (version != kVersion)
            throw std::runtime_error(path + ": of version " + std::to_string(version) +
                                     ", which this program can't read");
        run("PRAGMA synchronous = FULL");
        run(write ? "PRAGMA query_only = OFF" : "PRAGMA query_only = ON");
    } catch (...) {
        ::sqlite3_close(db_);
        throw;
    }
}

AnchorStore::~AnchorStore() { ::sqlite3_close(db_); }

void AnchorStore::run(const char* sql) {
    char* error = nullptr;
    if (::sqlite3_exec(db_, sql, nullptr, nullptr, &error) == SQLITE_OK) return;
    const std::string text = error == nullptr ? ::sqlite3_errmsg(db_) : error;
    ::sqlite3_free(error);
    throw std::runtime_error(path_ + ": " + text);
}

std::vector<Anchor> AnchorStore::select(const std::string& where, std::int64_t a, std::int64_t b) {
    if (!made_) return {};
    Statement rows(db_, path_, std::string("SELECT ") + kColumns + " FROM anchors " + where);
    if (where.find("?1") != where.npos) rows.bind(a);
    if (where.find("?2") != where.npos) rows.bind(b);
    std::vector<Anchor> anchors;
    while (rows.row()) anchors.push_back(anchor_at(rows, path_));
    return anchors;
}

std::vector<Anchor> AnchorStore::all() { return select("ORDER BY checkpoint, place, attempt"); }

std::vector<Anchor> AnchorStore::of_checkpoint(std::uint64_t checkpoint) {
    return select("WHERE checkpoint = ?1 ORDER BY place, attempt", i64(checkpoint));
}

std::vector<Anchor> AnchorStore::open(AnchorPlace place) {
    return select("WHERE place = ?1 AND stage < 4 ORDER BY checkpoint, attempt", static_cast<int>(place));
}

std::vector<Anchor> AnchorStore::untold() {
    return select("WHERE stage >= 4 AND told = 0 ORDER BY checkpoint, place, attempt");
}

std::vector<Anchor> AnchorStore::confirmed(AnchorPlace place, unsigned most) {
    return select("WHERE place = ?1 AND stage = 4 ORDER BY checkpoint DESC, attempt DESC LIMIT ?2",
                  static_cast<int>(place), most);
}

std::uint64_t AnchorStore::newest_checkpoint(AnchorPlace place) {
    if (!made_) return 0;
    Statement newest(db_, path_, "SELECT COALESCE(MAX(checkpoint), 0) FROM anchors WHERE place = ?1");
    newest.bind(static_cast<std::int64_t>(place));
    return newest.row() ? static_cast<std::uint64_t>(newest.integer()) : 0;
}

AnchorStore::Counts AnchorStore::counts(AnchorPlace place) {
    if (!made_) return {};
    Statement rows(db_, path_, "SELECT stage, COUNT(*), MAX(checkpoint) FROM anchors WHERE place = ?1 GROUP BY stage");
    rows.bind(static_cast<std::int64_t>(place));
    Counts counts;
    while (rows.row()) {
        const auto stage = static_cast<AnchorStage>(rows.integer());
        const auto number = static_cast<std::uint64_t>(rows.integer());
        const auto newest = static_cast<std::uint64_t>(rows.integer());
        if (stage == AnchorStage::confirmed) {
            counts.confirmed = number;
            counts.newest_confirmed = newest;
        } else if (stage == AnchorStage::lost) {
            counts.lost = number;
        } else {
            counts.open += number;
        }
    }
    return counts;
}

PlaceMemory AnchorStore::memory(AnchorPlace place) {
    if (!made_) return {};
    Statement rows(
        db_, path_,
        "SELECT tip_height, tip_hash, started_s, path_index, last_nonce, look_again FROM places WHERE place = ?1");
    rows.bind(static_cast<std::int64_t>(place));
    PlaceMemory memory;
    if (!rows.row()) return memory;
    memory.tip_height = static_cast<std::uint64_t>(rows.integer());
    memory.tip_hash = rows.digest();
    memory.started_s = rows.integer();
    memory.path_index = static_cast<std::uint32_t>(rows.integer());
    memory.last_nonce = static_cast<std::uint64_t>(rows.integer());
    memory.look_again = rows.integer() != 0;
    return memory;
}

void AnchorStore::commit(const Step& step) {
    if (around_commit) around_commit();
    run("BEGIN IMMEDIATE");
    try {
        for (const Anchor& anchor : step.anchors) {
            Statement put(db_, path_,
                          std::string("INSERT OR REPLACE INTO anchors (") + kColumns +
                              ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
            put.bind(i64(anchor.checkpoint))
                .bind(static_cast<std::int64_t>(anchor.place))
                .bind(std::int64_t{anchor.attempt})
                .bind(anchor.digest)
                .bind(static_cast<std::int64_t>(anchor.stage))
                .bind(anchor.tx_hash)
                .bind(anchor.body)
                .bind(std::int64_t{anchor.path_index})
                .bind(i64(anchor.nonce))
                .bind(i64(anchor.height))
                .bind(anchor.block_hash)
                .bind(i64(anchor.sent_height))
                .bind(std::int64_t{anchor.posts})
                .bind(anchor.made_ns)
                .bind(anchor.sent_ns)
                .bind(anchor.confirmed_ns)
                .bind(anchor.error)
                .bind(std::int64_t{anchor.told});
            put.row();
        }
        if (step.memory) {
            const auto& [place, memory] = *step.memory;
            Statement put(db_, path_, "INSERT OR REPLACE INTO places VALUES (?,?,?,?,?,?,?)");
            put.bind(static_cast<std::int64_t>(place))
                .bind(i64(memory.tip_height))
                .bind(memory.tip_hash)
                .bind(memory.started_s)
                .bind(std::int64_t{memory.path_index})
                .bind(i64(memory.last_nonce))
                .bind(std::int64_t{memory.look_again});
            put.row();
        }
        run("COMMIT");
    } catch (...) {
        ::sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
        throw;
    }
    if (around_commit) around_commit();
}

}  // namespace dcx::chain
