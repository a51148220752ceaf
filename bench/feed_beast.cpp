#include "feed_beast.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

namespace dcx::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Message = std::shared_ptr<const std::string>;

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(asio::ip::tcp::socket&& socket, std::atomic<std::size_t>& subscribers)
        : socket_(std::move(socket)), subscribers_(subscribers) {
        socket_.next_layer().socket().set_option(asio::ip::tcp::no_delay{true});
        socket_.binary(true);
    }
    void start() {
        socket_.async_accept([self = shared_from_this()](beast::error_code error) {
            if (!error) self->read();
        });
    }
    void send(const Message& message) {
        queue_.push_back(message);
        if (queue_.size() == 1) write();
    }

  private:
    void read() {
        socket_.async_read(input_, [self = shared_from_this()](beast::error_code error, std::size_t size) {
            if (error) return;
            self->input_.consume(size);
            self->subscribers_.fetch_add(1);
            self->read();
        });
    }
    void write() {
        socket_.async_write(asio::buffer(*queue_.front()),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                                if (error) return;
                                self->queue_.pop_front();
                                if (!self->queue_.empty()) self->write();
                            });
    }

    beast::websocket::stream<beast::tcp_stream> socket_;
    std::atomic<std::size_t>& subscribers_;
    beast::flat_buffer input_;
    std::deque<Message> queue_;
};

class BeastSender final : public FeedRunner {
  public:
    BeastSender(const FeedTape& tape, std::size_t connections)
        : tape_(tape),
          acceptor_(context_, asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0}),
          guard_(asio::make_work_guard(context_)) {
        sessions_.reserve(connections);
        accept();
        thread_ = std::thread{[this] { context_.run(); }};
    }
    ~BeastSender() override {
        context_.stop();
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }
    [[nodiscard]] std::size_t subscribers() const override { return subscribers_.load(); }
    void allow(std::uint64_t messages) override {
        asio::post(context_, [this, messages] {
            for (; sent_ < messages; ++sent_) {
                // Beast makes the header by itself.
                const std::string_view frame = tape_.frames(sent_, sent_ + 1);
                const auto message = std::make_shared<const std::string>(frame.substr(frame[1] == 126 ? 4 : 2));
                for (const auto& session : sessions_) session->send(message);
            }
        });
    }

  private:
    void accept() {
        acceptor_.async_accept([this](beast::error_code error, asio::ip::tcp::socket socket) {
            if (error) return;
            sessions_.push_back(std::make_shared<Session>(std::move(socket), subscribers_));
            sessions_.back()->start();
            accept();
        });
    }

    const FeedTape& tape_;
    std::atomic<std::size_t> subscribers_{0};
    asio::io_context context_{1};
    asio::ip::tcp::acceptor acceptor_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::vector<std::shared_ptr<Session>> sessions_;
    std::uint64_t sent_ = 0;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<FeedRunner> make_beast_sender(const FeedTape& tape, std::size_t connections) {
    return std::make_unique<BeastSender>(tape, connections);
}

}  // namespace dcx::bench
