#include "npz.h"

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace jtr::test {
namespace {

template <typename T>
T number(const std::vector<char>& bytes, size_t at) {
  if (at + sizeof(T) > bytes.size()) throw std::runtime_error("the file ends too early");
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::vector<char> inflated(const char* data, size_t size, size_t expected) {
  std::vector<char> out(expected);
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data));
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(expected);
  // Negative: without zlib's own header, as in a zip.
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib does not start");
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.avail_out != 0) throw std::runtime_error("an entry is damaged");
  return out;
}

at::Tensor array(const std::vector<char>& bytes, const std::string& name) {
  const size_t start = 10u + number<uint16_t>(bytes, 8);
  const std::string header(bytes.data() + 10, start - 10);
  auto behind = [&](const char* key) {
    const size_t at = header.find(key);
    if (at == std::string::npos) throw std::runtime_error(name + ": no " + key + " in the .npy header");
    return at + std::strlen(key);
  };
  if (header.find("'fortran_order': False") == std::string::npos) throw std::runtime_error(name + " is column-major");
  const std::string type = header.substr(behind("'descr': '"), 3);
  std::vector<int64_t> shape;
  for (const char* p = header.c_str() + behind("'shape': ("); *p != ')';) {
    char* end = nullptr;
    shape.push_back(std::strtoll(p, &end, 10));
    p = end + std::strspn(end, ", ");
  }
  const at::ScalarType dtype = type == "<f8"   ? at::kDouble
                               : type == "<f4" ? at::kFloat
                               : type == "<i8" ? at::kLong
                                               : throw std::runtime_error(name + ": elements of type " + type);
  const at::Tensor view = at::from_blob(const_cast<char*>(bytes.data()) + start, shape, dtype);
  if (start + static_cast<size_t>(view.nbytes()) != bytes.size()) throw std::runtime_error(name + " has a wrong size");
  return view.to(at::kDouble).clone();
}

}  // namespace

std::map<std::string, at::Tensor> read_npz(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.size() < 22) throw std::runtime_error(path + " cannot be read, or is no zip");
  size_t end = bytes.size() - 22;  // the end record, without a comment
  if (number<uint32_t>(bytes, end) != 0x06054B50u) throw std::runtime_error(path + " has no end record");
  std::map<std::string, at::Tensor> arrays;
  size_t at = number<uint32_t>(bytes, end + 16);
  for (int i = number<uint16_t>(bytes, end + 10); i > 0; --i) {
    if (number<uint32_t>(bytes, at) != 0x02014B50u) throw std::runtime_error(path + " has a damaged directory");
    const auto method = number<uint16_t>(bytes, at + 10), name_length = number<uint16_t>(bytes, at + 28);
    const auto packed = number<uint32_t>(bytes, at + 20), size = number<uint32_t>(bytes, at + 24);
    const auto local = number<uint32_t>(bytes, at + 42);
    std::string name(bytes.data() + at + 46, name_length);
    at += 46u + name_length + number<uint16_t>(bytes, at + 30) + number<uint16_t>(bytes, at + 32);
    const size_t data = local + 30u + number<uint16_t>(bytes, local + 26) + number<uint16_t>(bytes, local + 28);
    if (data + packed > bytes.size()) throw std::runtime_error(path + " ends too early");
    if (method != 0 && method != 8) throw std::runtime_error(path + ": " + name + " is packed in an unknown way");
    const std::vector<char> plain = method == 8 ? inflated(bytes.data() + data, packed, size)
                                                : std::vector<char>(bytes.data() + data, bytes.data() + data + size);
    name.resize(name.size() - 4);  // ".npy"
    arrays[name] = array(plain, name);
  }
  return arrays;
}

}  // namespace jtr::test
