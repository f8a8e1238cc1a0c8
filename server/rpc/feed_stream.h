#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "proto/wire/control.h"
#include "server/rpc/feed.h"
#include "server/rpc/out_stream.h"

namespace spin {

/// Carries a feed to one client. It holds no thread: it asks for the next page when the client has read the
/// last one.
template <class Message, class T>
class FeedStream final : public OutStream<Message> {
 public:
  using OutStream<Message>::OutStream;

  /// Once, after begin().
  void follow(std::unique_ptr<Feed<T>> feed) {
    feed_ = std::move(feed);
    ask();
  }

 protected:
  void on_drained() override { ask(); }

 private:
  void ask() {
    feed_->next([weak = std::weak_ptr(self())](Result<typename Feed<T>::Page> page) {
      if (const auto stream = weak.lock()) stream->take(std::move(page));
    });
  }
  void take(Result<typename Feed<T>::Page> page) {
    if (!page.ok()) return this->finish(wire::to_grpc(page.error()));
    std::vector<Message> messages(page->items.size());
    for (std::size_t i = 0; i < messages.size(); ++i) wire::to_wire(page->items[i], &messages[i]);
    this->push(std::move(messages), page->last);
  }
  std::shared_ptr<FeedStream> self() {
    return std::static_pointer_cast<FeedStream>(this->shared_from_this());
  }

  std::unique_ptr<Feed<T>> feed_;
};

}  // namespace spin
