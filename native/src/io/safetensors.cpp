#include "io/safetensors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "error.h"

namespace jtr::io {
namespace {

/// What the JSON library says, without the name of its exception, "[json.exception.type_error.302] ", before it.
std::string without_class(const std::string& message) {
  const size_t end = message.rfind("[json.exception.", 0) == 0 ? message.find("] ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

using Json = nlohmann::json;

constexpr int64_t kMaxHeader = 100'000'000;  // the format's own limit

struct Dtype {
  const char* name;
  at::ScalarType type;
};
constexpr Dtype kDtypes[] = {{"F32", at::kFloat}, {"F64", at::kDouble}, {"I64", at::kLong}};

Error format_error(const std::string& path, const std::string& message, int64_t offset) {
  return Error(JTR_STATUS_FORMAT, message).with_path(path, offset);
}

Error system_error(const std::string& path, const char* what) {
  return Error(JTR_STATUS_IO, text("cannot ", what, ": ", std::strerror(errno))).with_path(path);
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Creates a file beside `path`, under a name that none there has: rw-rw-rw- but what the process's umask takes away.
Descriptor create_beside(const std::string& path, std::string& name) {
  static std::atomic<uint32_t> counter{0};
  constexpr size_t kLongestName = 200;        // of 255, so that what is appended fits
  const size_t folder = path.rfind('/') + 1;  // 0 without one
  const std::string begin = path.substr(0, folder) + path.substr(folder, kLongestName);
  int fd = -1;
  do {
    name = text(begin, ".tmp", ::getpid(), "-", counter++);
    fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && (errno == EEXIST || errno == EINTR));
  return Descriptor(fd);
}

void write_all(int fd, const std::string& path, const void* data, size_t bytes) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(fd, p, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw system_error(path, "write");
    p += written;
    bytes -= static_cast<size_t>(written);
  }
}

std::string header_json(const std::vector<NamedData>& tensors,
                        const std::vector<std::pair<std::string, std::string>>& metadata) {
  Json header = Json::object();
  for (const auto& entry : metadata) header["__metadata__"][entry.first] = entry.second;
  int64_t offset = 0;
  for (const NamedData& data : tensors) {
    if (header.contains(data.name)) {
      throw Error(JTR_STATUS_INTERNAL,
                  text("two tensors are named '", data.name, "': the file could not be read again"));
    }
    const Dtype* dtype = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                      [&](const Dtype& d) { return d.type == data.tensor.scalar_type(); });
    if (dtype == std::end(kDtypes)) throw Error(JTR_STATUS_INTERNAL, text("cannot save the type of '", data.name, "'"));
    const int64_t bytes = static_cast<int64_t>(data.tensor.nbytes());
    header[data.name] = {
        {"dtype", dtype->name}, {"shape", data.tensor.sizes().vec()}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string json;
  try {
    json = header.dump();
  } catch (const Json::exception& e) {  // metadata that is not UTF-8
    throw Error(JTR_STATUS_INVALID_ARGUMENT, text("entries: ", e.what())).with_field("entries");
  }
  json.append((8 - json.size() % 8) % 8, ' ');  // aligns the data
  return json;
}

/// Whether JSON's number is a whole one that 64 bits hold. Others it would give too, rounded or wrapped around.
bool is_whole(const Json& value) {
  if (!value.is_number_unsigned()) return value.is_number_integer();
  return value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

/// The whole numbers of a tensor's shape or place.
std::vector<int64_t> whole_numbers(const Json& tensor, const char* key, const std::string& name,
                                   const std::string& path) {
  const Json& list = tensor.at(key);
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_whole)) {
    throw format_error(path, text("tensor '", name, "': ", key, " is not a list of whole numbers"), 8);
  }
  return list.get<std::vector<int64_t>>();
}

/// The header, in which no tensor may be named twice: JSON would keep the last.
Json parsed(const std::string& header, const std::string& path) {
  std::set<std::string> names;
  return Json::parse(header, [&](int depth, Json::parse_event_t event, Json& key) {
    if (depth == 1 && event == Json::parse_event_t::key && !names.insert(key.get<std::string>()).second) {
      throw format_error(path, text("holds '", key.get<std::string>(), "' twice"), 8);
    }
    return true;
  });
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<NamedData>& tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata) {
  const std::string header = header_json(tensors, metadata);
  std::string temporary;
  {
    const Descriptor file = create_beside(path, temporary);
    if (file.get() < 0) throw system_error(path, "create a file beside it");
    try {
      const uint64_t length = header.size();  // little-endian, like every machine we run on
      write_all(file.get(), path, &length, sizeof length);
      write_all(file.get(), path, header.data(), header.size());
      for (const NamedData& data : tensors) write_all(file.get(), path, data.tensor.data_ptr(), data.tensor.nbytes());
      if (::fsync(file.get()) != 0) throw system_error(path, "flush");
      if (::rename(temporary.c_str(), path.c_str()) != 0) throw system_error(path, "rename the finished file to it");
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
  }
  // The rename itself reaches the disk with the folder; where that cannot be asked for, the file is still whole.
  std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY));
  if (directory.get() >= 0) ::fsync(directory.get());
}

SafetensorsFile::SafetensorsFile(const std::string& path) : path_(path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw system_error(path, "open");
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    throw system_error(path, "open");
  }
  if (!S_ISREG(status.st_mode)) throw Error(JTR_STATUS_IO, "cannot open: not a regular file").with_path(path);
  errno = 0;
  stream_.open(path, std::ios::binary);
  if (!stream_) throw system_error(path, "open");
  stream_.seekg(0, std::ios::end);
  const int64_t size = stream_.tellg();
  stream_.seekg(0);
  uint64_t length = 0;
  if (size < 8 || !stream_.read(reinterpret_cast<char*>(&length), 8)) {
    throw format_error(path, text("has ", size, " bytes, too few for a safetensors file"), 0);
  }
  if (length > static_cast<uint64_t>(std::min(kMaxHeader, size - 8))) {
    throw format_error(path, text("says that its header has ", length, " bytes, but the file has ", size), 0);
  }
  const int64_t data_begin = 8 + static_cast<int64_t>(length), data_bytes = size - data_begin;
  std::string header(static_cast<size_t>(length), '\0');
  if (!stream_.read(header.data(), static_cast<std::streamsize>(length))) throw system_error(path, "read");

  try {
    const Json json = parsed(header, path);
    if (!json.is_object()) throw format_error(path, "its header is not a JSON object", 8);
    std::vector<std::pair<int64_t, int64_t>> spans;
    for (const auto& [name, value] : json.items()) {
      if (name == "__metadata__") {
        metadata_ = value.get<std::map<std::string, std::string>>();
        continue;
      }
      const std::string dtype_name = value.at("dtype").get<std::string>();
      const Dtype* dtype =
          std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Dtype& d) { return dtype_name == d.name; });
      if (dtype == std::end(kDtypes)) {
        throw format_error(path, text("tensor '", name, "' has the type ", dtype_name, ", expected F32, F64 or I64"),
                           8);
      }
      TensorPlace place{dtype->type, whole_numbers(value, "shape", name, path), 0, 0};
      const std::vector<int64_t> offsets = whole_numbers(value, "data_offsets", name, path);
      if (offsets.size() != 2) throw format_error(path, text("tensor '", name, "' has not two data_offsets"), 8);
      int64_t bytes = static_cast<int64_t>(at::elementSize(dtype->type));
      for (const int64_t n : place.sizes) {
        if (n < 0 || (n > 0 && bytes > data_bytes / n)) bytes = -1;
        if (bytes < 0) break;
        bytes *= n;
      }
      // In this order: of numbers within the file the difference cannot overflow.
      const bool within = 0 <= offsets[0] && offsets[0] <= offsets[1] && offsets[1] <= data_bytes;
      if (bytes < 0 || !within || offsets[1] - offsets[0] != bytes) {
        throw format_error(path,
                           text("tensor '", name, "' does not fit: shape ", at::IntArrayRef(place.sizes), " at bytes ",
                                offsets[0], " to ", offsets[1], " of ", data_bytes, " (truncated?)"),
                           data_begin + std::clamp<int64_t>(offsets[0], 0, data_bytes));
      }
      place.begin = data_begin + offsets[0];
      place.bytes = bytes;
      spans.emplace_back(offsets[0], offsets[1]);
      tensors_.emplace(name, std::move(place));
    }
    std::sort(spans.begin(), spans.end());
    int64_t end = 0;
    for (const auto& span : spans) {
      if (span.first != end) throw format_error(path, "its tensors overlap or leave gaps", data_begin + end);
      end = span.second;
    }
    if (end != data_bytes)
      throw format_error(path, text("has ", data_bytes - end, " bytes too many"), data_begin + end);
  } catch (const Json::exception& e) {
    throw format_error(path, text("its header is not what safetensors asks for: ", without_class(e.what())), 8);
  }
}

const std::string& SafetensorsFile::metadata_value(const std::string& key) const {
  static const std::string none;
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? none : found->second;
}

const TensorPlace* SafetensorsFile::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

at::Tensor SafetensorsFile::read(const TensorPlace& place) const {
  at::Tensor tensor = at::empty(place.sizes, at::TensorOptions().dtype(place.dtype));
  stream_.clear();
  stream_.seekg(place.begin);
  if (!stream_.read(static_cast<char*>(tensor.data_ptr()), place.bytes)) {
    throw format_error(path_, "ended while a tensor was read", place.begin);
  }
  return tensor;
}

}  // namespace jtr::io
