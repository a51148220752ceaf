// RedisConnection: commands to a Redis and its answers, in the order in which they were sent; pipelined as far as the
// caller puts commands in before it asks for answers. RedisCommands makes the bytes.
//
// One thread. It waits for the network, but never longer than it was told, nor (give or take 50 ms) once `stop` is
// true. After an error of the connection it is closed and connect() begins anew; what was sent may have been done or
// not. An error that Redis answers leaves it usable: the answers to later commands follow.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "history/history_error.h"
#include "history/redis_url.h"

struct redisReader;
struct redisReply;

namespace dcx::history {

// What one or many commands look like on the wire.
class RedisCommands {
  public:
    // The next command, with so many words.
    RedisCommands& command(std::size_t words) {
        header('*', words);
        ++commands_;
        return *this;
    }
    RedisCommands& word(std::string_view text) {
        header('$', text.size());
        bytes_.append(text);
        bytes_.append("\r\n", 2);
        return *this;
    }
    RedisCommands& number(std::int64_t value);
    RedisCommands& number(std::uint64_t value);
    // Words as they are on the wire already.
    RedisCommands& raw(std::string_view wire) {
        bytes_.append(wire);
        return *this;
    }
    // A whole command.
    template <class... Words>
    RedisCommands& add(const Words&... words) {
        command(sizeof...(words));
        (word(words), ...);
        return *this;
    }
    void clear() {
        bytes_.clear();
        commands_ = 0;
    }
    [[nodiscard]] std::string_view bytes() const { return bytes_; }
    [[nodiscard]] std::size_t commands() const { return commands_; }

  private:
    void header(char kind, std::size_t count) {
        if (count >= 100) return long_header(kind, count);
        // Nearly all words are short.
        const char text[5] = {kind, static_cast<char>('0' + count / 10), static_cast<char>('0' + count % 10), '\r',
                              '\n'};
        if (count >= 10) {
            bytes_.append(text, 5);
        } else {
            bytes_.append({kind, text[2], '\r', '\n'});
        }
    }
    void long_header(char kind, std::size_t count);

    std::string bytes_;
    std::size_t commands_ = 0;
};

class RedisReply {
  public:
    explicit RedisReply(redisReply* reply) : reply_(reply) {}

    [[nodiscard]] bool nil() const;
    [[nodiscard]] bool error() const;
    // Of a text, a status or an error; empty for anything else.
    [[nodiscard]] std::string_view text() const;
    [[nodiscard]] std::int64_t integer() const;
    // Of an array; 0 for anything else.
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool nil_at(std::size_t place) const;
    [[nodiscard]] bool error_at(std::size_t place) const;
    [[nodiscard]] std::string_view text_at(std::size_t place) const;
    // An array in the array.
    [[nodiscard]] std::size_t size_at(std::size_t place) const;
    [[nodiscard]] std::string_view text_at(std::size_t place, std::size_t within) const;

  private:
    struct Free {
        void operator()(redisReply* reply) const;
    };
    std::unique_ptr<redisReply, Free> reply_;
};

class RedisConnection {
  public:
    struct Limits {
        std::int64_t connect_ns = 2'000'000'000;
        std::int64_t answer_ns = 2'000'000'000;
        const std::atomic<bool>* stop = nullptr;
    };
    RedisConnection(RedisAddress address, const Limits& limits);
    ~RedisConnection();
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    // Connects, logs in, takes the database. Throws unreachable, credentials, timeout, stopped.
    void connect();
    void close();
    [[nodiscard]] bool connected() const { return socket_ >= 0; }

    // Sends them all (and reads what comes meanwhile). Throws unreachable, timeout, stopped.
    void send(const RedisCommands& commands);
    // The answer to the first command that has none yet.
    RedisReply reply();
    // The same, but an error that Redis answers is thrown (error_of()).
    RedisReply checked_reply();
    // One command and its answer.
    RedisReply call(const RedisCommands& command);

    // What Redis has answered, as one of ours.
    [[nodiscard]] HistoryError error_of(std::string_view answer) const;
    [[nodiscard]] std::string name() const { return address_.name(); }

  private:
    struct FreeReader {
        void operator()(redisReader* reader) const;
    };
    void open_socket();
    void log_in();
    // Until the socket can be read, or written if `writing`; false when it can only be read.
    bool wait(bool writing, std::int64_t deadline_ns);
    void receive();
    [[noreturn]] void fail(ErrorCode code, const std::string& text);

    RedisAddress address_;
    Limits limits_;
    int socket_ = -1;
    std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace dcx::history
