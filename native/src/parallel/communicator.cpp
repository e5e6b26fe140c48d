#include "parallel/communicator.h"

#include <algorithm>

#include "error.h"

namespace jtr {
namespace {

/// Bytes of a message that others are told.
constexpr int64_t kMessageBytes = 2048;

struct Failure {
  int64_t status;
  std::string message;
};

Failure described(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return {e.status(), e.what()};
  } catch (const std::exception& e) {
    return {JTR_STATUS_INTERNAL, e.what()};
  } catch (...) {
    return {JTR_STATUS_INTERNAL, "an unknown failure"};
  }
}

}  // namespace

Registry<Communicator, CommunicatorSetting>& Communicator::registry() {
  static Registry<Communicator, CommunicatorSetting> all("communicator", "name");
  return all;
}

void Communicator::agree(const std::exception_ptr& failure, bool may_follow) {
  if (!is_one()) {
    // Causes before what may follow from them, then the lowest rank.
    const int64_t code = failure == nullptr ? 0 : size() - rank() + (may_follow ? 0 : size());
    at::Tensor worst = at::full({1}, code, at::kLong);
    all_reduce(worst, Reduction::kMax);
    const int64_t told = worst.item<int64_t>();
    if (told == 0) return;
    const bool is_cause = told > size();
    const int64_t from = (is_cause ? 2 : 1) * size() - told;
    // Status, then the message, byte by byte; all others add zeros.
    at::Tensor note = at::zeros({1 + kMessageBytes}, at::kLong);
    if (from == rank()) {
      const Failure own = described(failure);
      int64_t* words = note.data_ptr<int64_t>();
      words[0] = own.status;
      const size_t bytes = std::min(own.message.size(), static_cast<size_t>(kMessageBytes));
      for (size_t i = 0; i < bytes; ++i) words[1 + i] = static_cast<unsigned char>(own.message[i]);
    }
    all_reduce(note, Reduction::kSum);
    if (failure == nullptr || (may_follow && is_cause)) {
      std::string message;
      const int64_t* words = note.data_ptr<int64_t>();
      for (int64_t i = 1; i <= kMessageBytes && words[i] != 0; ++i) message.push_back(static_cast<char>(words[i]));
      throw Error(static_cast<jtr_status>(words[0]), text("rank ", from, ": ", message));
    }
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

}  // namespace jtr
