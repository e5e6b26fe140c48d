#include <c10/util/Exception.h>

#include <mutex>
#include <new>

#include "abi/guard.h"
#include "compat.h"

namespace jtr::abi {
namespace {

struct LastError {
  jtr_status status = JTR_STATUS_OK;
  std::string message, field, path;
  int64_t offset = -1;
  std::string term = {};
  std::vector<int64_t> samples = {};
};

thread_local LastError last_error;

struct LogSink {
  // One caller at a time; recursive, so that a callback may call this library, and set another callback.
  std::recursive_mutex mutex;
  jtr_log_callback callback = nullptr;
  void* user = nullptr;
};

LogSink& log_sink() {
  static LogSink sink;
  return sink;
}

jtr_status remember(jtr_status status, std::string message) {
  last_error = {status, std::move(message), "", "", -1};
  return status;
}

class WarningSink final : public WarningReceiver {
 public:
  void receive(const std::string& message) override { log(JTR_LOG_LEVEL_WARNING, "libtorch: " + message); }
};

WarningSink& warning_sink() {
  static WarningSink sink;
  return sink;
}

}  // namespace

WarningsToLog::WarningsToLog() : guard_(&warning_sink()) {}

jtr_status remember_current_exception() noexcept {
  try {
    try {
      throw;
    } catch (const Error& e) {
      last_error = {e.status(), e.what(), e.field(), e.path(), e.offset(), e.term(), e.samples()};
      return e.status();
    } catch (const std::bad_alloc&) {
      return remember(JTR_STATUS_OUT_OF_MEMORY, "out of memory");
    } catch (const c10::Error& e) {
      const std::string what = e.what_without_backtrace();
      if (is_out_of_memory(what)) return remember(JTR_STATUS_OUT_OF_MEMORY, what);
      return remember(is_device_error(what) ? JTR_STATUS_DEVICE : JTR_STATUS_INTERNAL, what);
    } catch (const std::exception& e) {
      return remember(is_out_of_memory(e.what()) ? JTR_STATUS_OUT_OF_MEMORY : JTR_STATUS_INTERNAL, e.what());
    } catch (...) {
      return remember(JTR_STATUS_INTERNAL, "an unknown exception");
    }
  } catch (...) {  // no memory left to say so
    last_error.status = JTR_STATUS_OUT_OF_MEMORY;
    return JTR_STATUS_OUT_OF_MEMORY;
  }
}

void log(jtr_log_level level, const std::string& message) {
  LogSink& sink = log_sink();
  const std::lock_guard<std::recursive_mutex> lock(sink.mutex);
  if (sink.callback != nullptr) sink.callback(level, message.c_str(), sink.user);
}

}  // namespace jtr::abi

extern "C" {

void jtr_last_error(jtr_error* error) {
  using namespace jtr::abi;
  if (error == nullptr) return;
  const auto& last = last_error;
  try {
    OutStruct<jtr_error> out(error, "error");
    out->status = last.status;
    out->message = last.message.c_str();
    out->field = last.field.c_str();
    out->path = last.path.c_str();
    out->offset = last.offset;
    out->term = last.term.c_str();
    out->samples = last.samples.empty() ? nullptr : last.samples.data();
    out->sample_count = static_cast<int32_t>(last.samples.size());
    out.store();
  } catch (...) {  // a struct_size that cannot be one: there is no place to say so but the log
    try {
      throw;
    } catch (const std::exception& e) {
      log(JTR_LOG_LEVEL_WARNING, std::string("jtr_last_error: ") + e.what());
    }
  }
}

void jtr_set_log_callback(jtr_log_callback callback, void* user) {
  auto& sink = jtr::abi::log_sink();
  const std::lock_guard<std::recursive_mutex> lock(sink.mutex);
  sink.callback = callback;
  sink.user = user;
}

}  // extern "C"
