#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "server/rpc/call_limit.h"
#include "server/rpc/feed_stream.h"
#include "server/rpc/lane.h"
#include "server/rpc/live_calls.h"
#include "server/rpc/out_stream.h"

namespace spin {

/// Calls that share a limit and a lane.
struct CallKind {
  CallKind(int max_calls, std::string what, std::size_t threads, Lane::Share share = Lane::Share::equal)
      : limit(max_calls, std::move(what)), lane(threads, share) {}
  CallLimit limit;
  Lane lane;
};

/// A call with one answer: `task` fills it, on the kind's lane.
inline grpc::ServerUnaryReactor* answer_on(CallKind& kind, grpc::CallbackServerContext* context,
                                           std::function<Status()> task) {
  auto* reactor = context->DefaultReactor();
  auto pass = kind.limit.enter();
  Status begun = pass.ok() ? Status() : Status(pass.error());
  if (begun.ok())
    begun = kind.lane.post([reactor, pass = std::move(*pass), task = std::move(task)]() mutable {
      const Status done = task();
      pass.reset();
      reactor->Finish(done.ok() ? grpc::Status::OK : wire::to_grpc(done.error()));
    });
  if (!begun.ok()) reactor->Finish(wire::to_grpc(begun.error()));
  return reactor;
}

/// A call of many messages: `task` writes them to the stream, on the kind's lane, and waits there while the
/// client reads slowly. Its error is the call's, unless nobody listens any more.
template <class Message, class Task>
grpc::ServerWriteReactor<Message>* produce_on(CallKind& kind, LiveCalls& calls,
                                              grpc::CallbackServerContext* context, Task task) {
  auto pass = kind.limit.enter();
  if (!pass.ok()) return new RefusedStream<Message>(pass.error());
  const auto stream = std::make_shared<OutStream<Message>>(calls, *context);
  stream->begin(std::move(*pass));
  const Status begun = kind.lane.post([stream, task = std::move(task)] {
    if (!stream->take_turn()) return;
    const Status done = task(*stream);
    if (!stream->is_live()) return stream->finish_broken();
    stream->finish(done.ok() ? grpc::Status::OK : wire::to_grpc(done.error()));
  });
  if (!begun.ok()) stream->finish(wire::to_grpc(begun.error()));
  return stream.get();
}

/// A call that follows what `open` gives, which runs on the kind's lane. The call may be over by then, and
/// its request gone.
template <class Message, class T, class Open>
grpc::ServerWriteReactor<Message>* follow_on(CallKind& kind, LiveCalls& calls,
                                             grpc::CallbackServerContext* context, Open open) {
  auto pass = kind.limit.enter();
  if (!pass.ok()) return new RefusedStream<Message>(pass.error());
  const auto stream = std::make_shared<FeedStream<Message, T>>(calls, *context);
  stream->begin(std::move(*pass));
  const Status begun = kind.lane.post([stream, open = std::move(open)] {
    Result<std::unique_ptr<Feed<T>>> feed = open();
    if (!feed.ok()) return stream->finish(wire::to_grpc(feed.error()));
    stream->follow(std::move(*feed));
  });
  if (!begun.ok()) stream->finish(wire::to_grpc(begun.error()));
  return stream.get();
}

}  // namespace spin
