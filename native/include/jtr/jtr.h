// The C interface of libjtr: joint-task regularization (JTR) and the multi-task training step.
//
// This is the only header that anything outside native/ sees, and the input of the binding generator
// (bindings/Jtr.Bindings.Generator). Plain C: opaque handles, structs that begin with struct_size,
// fixed-width integers, pointer + length, UTF-8 strings. Enums are int32_t fields and arguments.
//
// Conventions
//   * A creating function returns the handle, or NULL on failure. Every other function that can fail
//     returns a jtr_status. jtr_last_error describes the last failure of the calling thread.
//   * Set struct_size of every struct that is passed in to sizeof(struct), and zero the rest first. The struct of an
//   older
//     caller, which is smaller, is served as far as it goes; that of a newer one, which is larger, if the rest is zero.
//   * Options are one JSON document; jtr_options_schema describes it. A key that is left out has its default.
//   * Tensors cross by name, with sizes, number format and length. Shapes are written [outermost, ..., innermost].
//     V views, B samples, K tasks, H rows, W columns.
//   * A handle may be used by one thread at a time; different handles are independent.
#ifndef JTR_JTR_H
#define JTR_JTR_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define JTR_API __declspec(dllexport)
#else
#define JTR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What became of a call.
typedef enum jtr_status {
  /// It did what it says.
  JTR_STATUS_OK = 0,
  /// An argument is outside its range; jtr_error.field names it.
  JTR_STATUS_INVALID_ARGUMENT = 1,
  /// The object is not in a state that allows the call.
  JTR_STATUS_INVALID_STATE = 2,
  /// The operating system refused to read or write jtr_error.path.
  JTR_STATUS_IO = 3,
  /// jtr_error.path does not hold what its format asks for, at jtr_error.offset.
  JTR_STATUS_FORMAT = 4,
  /// Host or device memory ran out.
  JTR_STATUS_OUT_OF_MEMORY = 5,
  /// The caller's cancel flag was raised; nothing was changed.
  JTR_STATUS_CANCELLED = 6,
  /// The device that was asked for is absent, or failed.
  JTR_STATUS_DEVICE = 7,
  /// A loss was not a finite number; nothing was changed.
  JTR_STATUS_NON_FINITE = 8,
  /// A fault inside the library.
  JTR_STATUS_INTERNAL = 9
} jtr_status;

/// Number formats of tensors that cross this interface.
typedef enum jtr_dtype {
  /// 32-bit floating point.
  JTR_DTYPE_FLOAT32 = 0,
  /// 64-bit floating point.
  JTR_DTYPE_FLOAT64 = 1,
  /// Bytes.
  JTR_DTYPE_UINT8 = 2,
  /// 64-bit whole numbers.
  JTR_DTYPE_INT64 = 3
} jtr_dtype;

/// What one number becomes over all processes that train together.
typedef enum jtr_reduction {
  /// The sum of all processes' numbers.
  JTR_REDUCTION_SUM = 0,
  /// The largest of them.
  JTR_REDUCTION_MAX = 1
} jtr_reduction;

/// The tensors of a trainer that can be read and written by name.
typedef enum jtr_tensor_kind {
  /// Weights and norm statistics, named as in published checkpoints after "model/", "jtr/" or "mapping/" (of "mtpsl");
  /// "model.<task>/" in "single_task", "map.<source>.<target>/" in the maps, with '.' and '%' of names as %2E and %25;
  /// "balancing/"; "ema/" before the names of the averaged multi-task network.
  JTR_TENSOR_KIND_STATE = 0,
  /// Gradients of the last step; read only.
  JTR_TENSOR_KIND_GRADIENT = 1
} jtr_tensor_kind;

/// Importance of a log message.
typedef enum jtr_log_level {
  /// For those who look for a fault.
  JTR_LOG_LEVEL_DEBUG = 0,
  /// What a user may want to know.
  JTR_LOG_LEVEL_INFO = 1,
  /// What a user should know.
  JTR_LOG_LEVEL_WARNING = 2
} jtr_log_level;

/// A network in training, with its optimiser and its regularizer.
typedef struct jtr_trainer jtr_trainer;

/// The JTR loss alone, with its auto-encoder and that one's optimiser.
typedef struct jtr_regularizer jtr_regularizer;

/// A checkpoint file, opened to read its metadata.
typedef struct jtr_checkpoint jtr_checkpoint;

/// What went wrong. The strings live until the thread's next failure; none is NULL.
typedef struct jtr_error {
  /// sizeof(jtr_error).
  uint64_t struct_size;
  /// The status that the failing call returned, a jtr_status.
  int32_t status;
  /// What happened, what was expected, what was found.
  const char* message;
  /// The argument or field at fault, as in "batch.image", or for options the JSON path, as in "method.width"; or "".
  const char* field;
  /// The file at fault, or "".
  const char* path;
  /// Byte offset in that file, or -1.
  int64_t offset;
  /// JTR_STATUS_NON_FINITE: the term that was not finite: "supervised.<task>", "<method>.<term>", "loss" (of the
  /// whole) or "gradient"; else "".
  const char* term;
  /// JTR_STATUS_NON_FINITE: the samples of the batch whose loss was not finite, sample_count of them; NULL for none.
  const int64_t* samples;
  /// Number of these samples.
  int32_t sample_count;
} jtr_error;

/// What this library is and what it found on the machine.
typedef struct jtr_runtime_info {
  /// sizeof(jtr_runtime_info).
  uint64_t struct_size;
  /// Version of libjtr, "major.minor.patch".
  const char* version;
  /// Version of the libtorch that was loaded.
  const char* torch_version;
  /// Path of the libtorch that was loaded, or "".
  const char* torch_path;
  /// Vector instructions that libtorch uses, such as "AVX2".
  const char* cpu_capability;
  /// 1 when libjtr was built with CUDA.
  int32_t built_with_cuda;
  /// Number of CUDA devices that can be used.
  int32_t cuda_device_count;
  /// Threads that the arithmetic uses.
  int32_t threads;
  /// Version of this interface; changes when a struct or function does.
  int32_t abi_version;
} jtr_runtime_info;

/// Memory of a GPU that this process's tensors use.
typedef struct jtr_cuda_memory_info {
  /// sizeof(jtr_cuda_memory_info).
  uint64_t struct_size;
  /// Bytes in use now.
  int64_t allocated_bytes;
  /// The most bytes that were in use at once, since the start or jtr_reset_cuda_peak_memory.
  int64_t peak_bytes;
} jtr_cuda_memory_info;

/// Place of one field in one struct of this header, for the test that compares generated bindings with it.
typedef struct jtr_field_layout {
  /// sizeof(jtr_field_layout).
  uint64_t struct_size;
  /// Name of the struct.
  const char* struct_name;
  /// Size of the struct in bytes.
  int64_t struct_bytes;
  /// Name of the field.
  const char* field_name;
  /// Offset of the field in bytes.
  int64_t field_offset;
} jtr_field_layout;

/// A tensor in host memory.
typedef struct jtr_tensor {
  /// sizeof(jtr_tensor).
  uint64_t struct_size;
  /// What it is, as in "image" or "label.depth".
  const char* name;
  /// Its number format, a jtr_dtype.
  int32_t dtype;
  /// Number of sizes, at most 8.
  int32_t dimensions;
  /// Its sizes, dimensions of them.
  const int64_t* sizes;
  /// Elements from one place of a dimension to the next, dimensions of them; NULL for a tensor without gaps.
  const int64_t* strides;
  /// Its first element.
  void* data;
  /// Bytes that may be read or written from data on.
  int64_t bytes;
} jtr_tensor;

/// One named term of a loss.
typedef struct jtr_term {
  /// sizeof(jtr_term).
  uint64_t struct_size;
  /// "supervised", the plain sum over tasks; "supervised.<task>"; "<method>.<term>", unweighted.
  const char* name;
  /// Mean over the samples.
  double value;
} jtr_term;

/// What a step works on, and what is wanted of it besides its losses.
///
/// Inputs of jtr_trainer_step:
///   * "image", float32 [V, B, 3, H, W]: RGB in [0, 1]; V at least the method's number of views, further ones are not
///     read; H and W multiples of the network's stride (jtr_trainer_describe).
///   * "label.<task>", float32 [V, B, l, H, W]: l = 1 for segmentation (the class id) and depth, 3 for normals, as many
///   as
///     predicted for a map; [V, B, l] for a task of whole images. Not read where the sample is not labelled for the
///     task; may be left out where none is.
///   * "labelled", uint8 [B, K]: 1 where the sample is labelled for the task, else 0.
///   * "noise", float64 [B, N, S, H, W], or left out: exponential noise of the straight-through Gumbel-softmax, N and S
///   as
///     jtr_trainer_describe says. Slots of "jtr": prediction of view 1, its completion, completion of view 2, target of
///     the completion's reconstruction, target of the prediction's; of "mtpsl": slot j is the pair of an unlabelled
///     segmentation task with the sample's j-th labelled task. Left out, it is drawn from (seed, step).
///   * "crops", float64 [V, B, 6], where the method needs them: how each view was cut out of view 0: scale, top, left,
///     height, width, mirrored (0 or 1). The window of height x width pixels, its first row top and its first column
///     left (of view 0 mirrored left to right if mirrored is 1), was resized to H x W with aligned corners, and depth
///     divided by scale. View 0's own are not read.
/// Outputs of jtr_trainer_step, all float64: "loss" [B] and "<term>" [B] of each sample; "task_loss" [K], each task's
/// supervised loss, mean over the samples that have its label (NaN if none); "prediction.<task>" and
/// "prediction_grad.<task>" [V, B, c, H, W], V the method's number of views: predictions and the loss's gradients with
/// respect to them.
///
/// Inputs of jtr_regularizer_compute, of two views of the same samples: "prediction.<task>" [2, B, c, H, W] of the
/// regularizer's number format (raw logits, depths, unit normals, maps), "label.<task>" float32 [2, B, l, H, W],
/// "labelled", "noise". Outputs: "loss" and "<term>" float64 [B]; "prediction_grad.<task>", like the predictions: zero
/// for the second view, and for labelled tasks.
///
/// Inputs may have gaps between views and between samples, not inside of a sample.
typedef struct jtr_step_request {
  /// sizeof(jtr_step_request).
  uint64_t struct_size;
  /// The batch, input_count tensors.
  const jtr_tensor* inputs;
  /// Number of inputs.
  int32_t input_count;
  /// Number of outputs.
  int32_t output_count;
  /// What is wanted, output_count tensors.
  const jtr_tensor* outputs;
  /// The next step's batch, or NULL: on a GPU its images and labels are copied there while this step computes. The next
  /// call must then give a batch with the same pointers and sizes, whose memory nobody has written in between; any
  /// other is copied as usual. It is checked in its own step: what is wrong with it does not make this one fail.
  const jtr_tensor* next_inputs;
  /// Number of next_inputs.
  int32_t next_input_count;
  /// 0.
  int32_t reserved;
  /// The step is given up, and nothing changed, soon after this becomes other than 0 (read atomically). May be NULL.
  const int32_t* cancel;
  /// Options of this step alone, a JSON object, or NULL.
  const char* options;
} jtr_step_request;

/// What a step did.
typedef struct jtr_step_result {
  /// sizeof(jtr_step_result).
  uint64_t struct_size;
  /// Steps done, this one included.
  int64_t step;
  /// Mean over samples of the whole loss, with the tasks' weights.
  double loss;
  /// The learning rate that was used.
  double learning_rate;
  /// Euclidean norm of the multi-task network's gradient, before it was clipped.
  double gradient_norm;
  /// The loss's terms, term_count of them, in the order of jtr_trainer_describe. They live until the object's next
  /// step.
  const jtr_term* terms;
  /// Number of terms.
  int32_t term_count;
} jtr_step_result;

/// Images to predict on.
///
/// Input: "image", float32 [N, 3, H, W], RGB in [0, 1]; H and W multiples of the network's stride.
/// Outputs: "prediction.<task>", float32 [N, c, H, W] or [N, c]: raw logits, depths, unit normals, maps.
/// Both may have gaps between samples.
typedef struct jtr_predict_request {
  /// sizeof(jtr_predict_request).
  uint64_t struct_size;
  /// The images, input_count tensors.
  const jtr_tensor* inputs;
  /// Number of inputs.
  int32_t input_count;
  /// Number of outputs.
  int32_t output_count;
  /// What is wanted, output_count tensors.
  const jtr_tensor* outputs;
  /// Given up soon after this becomes other than 0 (read atomically). May be NULL.
  const int32_t* cancel;
  /// Options of this call alone, a JSON object, or NULL.
  const char* options;
} jtr_predict_request;

/// A named tensor of a trainer or regularizer.
typedef struct jtr_tensor_info {
  /// sizeof(jtr_tensor_info).
  uint64_t struct_size;
  /// Its name; lives as long as the object.
  const char* name;
  /// Its sizes, dimensions of them; lives as long as the object.
  const int64_t* sizes;
  /// Number of sizes.
  int32_t dimensions;
  /// Number of elements.
  int64_t elements;
} jtr_tensor_info;

/// One entry of a checkpoint's metadata.
typedef struct jtr_metadata_entry {
  /// sizeof(jtr_metadata_entry).
  uint64_t struct_size;
  /// Not empty, unique.
  const char* key;
  /// Any text.
  const char* value;
} jtr_metadata_entry;

/// Receives log messages, libtorch's warnings among them; may be called by any thread that calls this library, by one
/// at a time. It may call this library.
/// @param level importance, a jtr_log_level
/// @param message UTF-8 text, valid during the call
/// @param user the pointer given to jtr_set_log_callback
typedef void (*jtr_log_callback)(int32_t level, const char* message, void* user);

/// Describes the calling thread's last failure.
/// @param error receives it
JTR_API void jtr_last_error(jtr_error* error);

/// Sends log messages to a callback; without one they are dropped. The one before is not called any more when this
/// returns.
/// @param callback the receiver, or NULL
/// @param user handed to it
JTR_API void jtr_set_log_callback(jtr_log_callback callback, void* user);

/// What this library is and what it found.
/// @param info receives it; its strings live for ever
JTR_API jtr_status jtr_get_runtime_info(jtr_runtime_info* info);

/// Name of a CUDA device.
/// @param index 0 or more, below jtr_runtime_info.cuda_device_count
/// @return its name, valid until the thread's next call, or NULL on failure
JTR_API const char* jtr_cuda_device_name(int32_t index);

/// Sets the number of threads that the arithmetic of this process uses.
/// @param threads 1 to 1024
JTR_API jtr_status jtr_set_threads(int32_t threads);

/// Ends the idle threads that the calling thread's arithmetic ran on; its next call starts new ones. Every thread that
/// calls this library gets helpers of its own, and where more of them wait than the machine has processors, those of
/// the others sleep and wake more often. So a thread that will not call again for a while does better to call this.
/// Creating and loading a trainer do it themselves.
JTR_API void jtr_release_threads(void);

/// Memory of a GPU that this process's tensors use, as libtorch's allocator counts it.
/// @param index 0 or more, below jtr_runtime_info.cuda_device_count
/// @param info receives it
JTR_API jtr_status jtr_get_cuda_memory(int32_t index, jtr_cuda_memory_info* info);

/// Starts the count of jtr_cuda_memory_info.peak_bytes again at what is in use now.
/// @param index 0 or more, below jtr_runtime_info.cuda_device_count
JTR_API jtr_status jtr_reset_cuda_peak_memory(int32_t index);

/// Sets the bytes of a layer's input and output that are worked on at once, in this process. Smaller chunks stay in
/// cache; results depend on it by rounding only.
/// @param bytes above 0, or 0: chosen, or what the environment variable JTR_CHUNK_BYTES says
JTR_API jtr_status jtr_set_chunk_bytes(int64_t bytes);

/// Asks for GPU algorithms that give the same result every time, where there are any, at the cost of speed. A CPU
/// always does, for the same number of threads.
/// @param deterministic 1 or 0
JTR_API jtr_status jtr_set_deterministic(int32_t deterministic);

/// Number of fields that jtr_get_field_layout knows.
JTR_API int32_t jtr_field_layout_count(void);

/// Place of one field of one struct of this header.
/// @param index 0 or more, below jtr_field_layout_count()
/// @param layout receives it; its strings live for ever
JTR_API jtr_status jtr_get_field_layout(int32_t index, jtr_field_layout* layout);

/// The JSON schema (draft 2020-12) of the options of jtr_trainer_create, with those of jtr_regularizer_create under
/// "$defs"/"joint_task_loss". Each kind of a variant has its "title", "description", "x-source" and "x-facts", such as
/// the number of views of a method.
/// @return UTF-8 JSON that lives for ever, or NULL on failure
JTR_API const char* jtr_options_schema(void);

/// Makes a trainer with freshly initialised weights.
/// @param options a JSON document, as jtr_options_schema describes it
/// @return the trainer, to be given to jtr_trainer_destroy, or NULL on failure
JTR_API jtr_trainer* jtr_trainer_create(const char* options);

/// What a caller must know of a trainer, as JSON: "options", complete; "views", "crops", "noise_slots" and
/// "noise_channels" of a batch; "stride", of which rows and columns are multiples; "terms"; "tasks" with name, kind,
/// extent and channels; "parameters" and "all_parameters".
/// @param trainer the trainer
/// @return UTF-8 JSON that lives as long as the trainer, or NULL on failure
JTR_API const char* jtr_trainer_describe(const jtr_trainer* trainer);

/// Frees a trainer.
/// @param trainer may be NULL
JTR_API void jtr_trainer_destroy(jtr_trainer* trainer);

/// One training step: forward, losses, backward, clipping, optimiser, average. On failure nothing has changed but what
/// outputs hold.
/// @param trainer the trainer
/// @param request the batch, and further wishes
/// @param result receives the losses
JTR_API jtr_status jtr_trainer_step(jtr_trainer* trainer, const jtr_step_request* request, jtr_step_result* result);

/// Replaces the learning rate from the next step on; the schedule stays. The rate of "mtpsl"'s FiLM weights stays too.
/// The rate is kept in checkpoints.
/// @param trainer the trainer
/// @param rate above 0
JTR_API jtr_status jtr_trainer_set_learning_rate(jtr_trainer* trainer, double rate);

/// Number of weights of the multi-task network, and of all networks.
/// @param trainer the trainer
/// @param all 0: of the multi-task network alone; else of the method's networks too
/// @return 1 or more, or -1 on failure
JTR_API int64_t jtr_trainer_parameter_count(const jtr_trainer* trainer, int32_t all);

/// Predicts with the running statistics of the norms (evaluation mode); with ema_decay, by the averaged network.
/// @param trainer the trainer
/// @param request the images, and which predictions are wanted
JTR_API jtr_status jtr_trainer_predict(jtr_trainer* trainer, const jtr_predict_request* request);

/// Adds up numbers of all processes that train together, or takes the largest, in place; each must call. For one
/// process they stay as they are.
/// @param trainer the trainer
/// @param values count numbers
/// @param count 0 or more
/// @param reduction a jtr_reduction
JTR_API jtr_status jtr_trainer_reduce(jtr_trainer* trainer, double* values, int64_t count, int32_t reduction);

/// Steps done.
/// @param trainer the trainer
JTR_API int64_t jtr_trainer_get_step(const jtr_trainer* trainer);

/// Number of named tensors.
/// @param trainer the trainer
/// @param kind which, a jtr_tensor_kind
JTR_API int32_t jtr_trainer_tensor_count(const jtr_trainer* trainer, int32_t kind);

/// Describes a named tensor.
/// @param trainer the trainer
/// @param kind which, a jtr_tensor_kind
/// @param index 0 or more, below the count
/// @param info receives it
JTR_API jtr_status jtr_trainer_get_tensor_info(const jtr_trainer* trainer, int32_t kind, int32_t index,
                                               jtr_tensor_info* info);

/// Reads a named tensor.
/// @param trainer the trainer
/// @param kind which, a jtr_tensor_kind
/// @param tensor its name, its sizes, and the memory that receives it, in float64
JTR_API jtr_status jtr_trainer_read_tensor(const jtr_trainer* trainer, int32_t kind, const jtr_tensor* tensor);

/// Writes a named tensor of the state.
/// @param trainer the trainer
/// @param tensor its name, its sizes and its elements, in float64
JTR_API jtr_status jtr_trainer_write_tensor(jtr_trainer* trainer, const jtr_tensor* tensor);

/// Saves weights, norm statistics, optimiser state, options, step, seed and learning rate as safetensors. The file
/// appears whole or not at all.
/// @param trainer the trainer
/// @param path the file to write
/// @param entries metadata to store beside the library's own, or NULL
/// @param entry_count number of entries
JTR_API jtr_status jtr_trainer_save(const jtr_trainer* trainer, const char* path, const jtr_metadata_entry* entries,
                                    int32_t entry_count);

/// Loads what jtr_trainer_save wrote for the same tasks in the same order, and the same widths. On failure nothing has
/// changed.
/// @param trainer the trainer
/// @param path the file to read
JTR_API jtr_status jtr_trainer_load(jtr_trainer* trainer, const char* path);

/// Opens a checkpoint to read its metadata; checks the whole file's structure.
/// @param path the file
/// @return the checkpoint, to be given to jtr_checkpoint_destroy, or NULL on failure
JTR_API jtr_checkpoint* jtr_checkpoint_open(const char* path);

/// Frees a checkpoint.
/// @param checkpoint may be NULL
JTR_API void jtr_checkpoint_destroy(jtr_checkpoint* checkpoint);

/// Number of metadata entries.
/// @param checkpoint the checkpoint
JTR_API int32_t jtr_checkpoint_entry_count(const jtr_checkpoint* checkpoint);

/// One metadata entry.
/// @param checkpoint the checkpoint
/// @param index 0 or more, below the count
/// @param entry receives it; its strings live as long as the checkpoint
JTR_API jtr_status jtr_checkpoint_get_entry(const jtr_checkpoint* checkpoint, int32_t index, jtr_metadata_entry* entry);

/// Makes the JTR loss alone, with freshly initialised weights.
/// @param options a JSON document, as jtr_options_schema describes it under "$defs"/"joint_task_loss"
/// @return the regularizer, to be given to jtr_regularizer_destroy, or NULL on failure
JTR_API jtr_regularizer* jtr_regularizer_create(const char* options);

/// What a caller must know of a regularizer, as JSON: "options", complete; "noise_slots", "noise_channels", "terms".
/// @param regularizer the regularizer
/// @return UTF-8 JSON that lives as long as the regularizer, or NULL on failure
JTR_API const char* jtr_regularizer_describe(const jtr_regularizer* regularizer);

/// Frees a regularizer.
/// @param regularizer may be NULL
JTR_API void jtr_regularizer_destroy(jtr_regularizer* regularizer);

/// Computes the loss, its gradient with respect to the predictions and, kept inside, to the auto-encoder's weights.
/// @param regularizer the regularizer
/// @param request predictions and labels, and further wishes
/// @param result receives the loss; learning_rate and gradient_norm stay 0
JTR_API jtr_status jtr_regularizer_compute(jtr_regularizer* regularizer, const jtr_step_request* request,
                                           jtr_step_result* result);

/// One step of the auto-encoder's optimiser with the gradients of the last jtr_regularizer_compute.
/// @param regularizer the regularizer
JTR_API jtr_status jtr_regularizer_update(jtr_regularizer* regularizer);

/// Number of named tensors.
/// @param regularizer the regularizer
/// @param kind which, a jtr_tensor_kind
JTR_API int32_t jtr_regularizer_tensor_count(const jtr_regularizer* regularizer, int32_t kind);

/// Describes a named tensor.
/// @param regularizer the regularizer
/// @param kind which, a jtr_tensor_kind
/// @param index 0 or more, below the count
/// @param info receives it
JTR_API jtr_status jtr_regularizer_get_tensor_info(const jtr_regularizer* regularizer, int32_t kind, int32_t index,
                                                   jtr_tensor_info* info);

/// Reads a named tensor.
/// @param regularizer the regularizer
/// @param kind which, a jtr_tensor_kind
/// @param tensor its name, its sizes, and the memory that receives it, in float64
JTR_API jtr_status jtr_regularizer_read_tensor(const jtr_regularizer* regularizer, int32_t kind,
                                               const jtr_tensor* tensor);

/// Writes a named tensor of the state.
/// @param regularizer the regularizer
/// @param tensor its name, its sizes and its elements, in float64
JTR_API jtr_status jtr_regularizer_write_tensor(jtr_regularizer* regularizer, const jtr_tensor* tensor);

/// Saves the auto-encoder and its optimiser state as safetensors. The file appears whole or not at all.
/// @param regularizer the regularizer
/// @param path the file to write
JTR_API jtr_status jtr_regularizer_save(const jtr_regularizer* regularizer, const char* path);

/// Loads what jtr_regularizer_save wrote for the same tasks and width. On failure nothing has changed.
/// @param regularizer the regularizer
/// @param path the file to read
JTR_API jtr_status jtr_regularizer_load(jtr_regularizer* regularizer, const char* path);

#ifdef __cplusplus
}
#endif

#endif  // JTR_JTR_H
