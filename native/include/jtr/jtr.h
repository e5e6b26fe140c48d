// The C interface of libjtr: joint-task regularization (JTR) and the multi-task training step.
//
// This is the only header that anything outside native/ sees, and the input of the binding generator
// (bindings/Jtr.Bindings.Generator). Plain C: opaque handles, structs that begin with struct_size,
// fixed-width integers, enums, pointer + length, UTF-8 strings.
//
// Conventions
//   * A creating function returns the handle, or NULL on failure. Every other function that can fail
//     returns a jtr_status. jtr_last_error describes the last failure of the calling thread.
//   * Set struct_size of every struct that is passed in to sizeof(struct), and zero the rest first.
//   * Shapes are written [outermost, ..., innermost], row-major, without gaps.
//     V views, B samples, K tasks, H rows, W columns; C channels of all predictions, L of all labels.
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

/// The kinds of task.
typedef enum jtr_task_kind {
  /// A class for every pixel. Prediction: one logit per class. Label: class id, -1 where there is none.
  JTR_TASK_KIND_SEGMENTATION = 0,
  /// Metres (or any positive measure). Label: 0 where there is none.
  JTR_TASK_KIND_DEPTH = 1,
  /// Unit vectors. Label: (0, 0, 0) where there is none.
  JTR_TASK_KIND_NORMALS = 2,
  /// Values in [0, 1], such as edges and keypoints. Label: NaN where there is none.
  JTR_TASK_KIND_MAP = 3
} jtr_task_kind;

/// Number formats of weights and arithmetic.
typedef enum jtr_dtype {
  /// 32-bit floating point.
  JTR_DTYPE_FLOAT32 = 0,
  /// 64-bit floating point: slow, for checking exactness.
  JTR_DTYPE_FLOAT64 = 1,
  /// Convolutions, and the maps kept between them, in bfloat16; weights, norms' statistics, losses, gradients and Adam
  /// as
  /// with JTR_DTYPE_FLOAT32, and so are all values that cross this interface. Half the memory of maps; made for GPUs,
  /// and
  /// slower than float32 on processors without bfloat16 matrix units.
  JTR_DTYPE_BFLOAT16 = 2
} jtr_dtype;

/// Where the arithmetic runs.
typedef enum jtr_device_kind {
  /// CUDA if the library and the machine have it, else CPU.
  JTR_DEVICE_KIND_AUTO = 0,
  /// The processor.
  JTR_DEVICE_KIND_CPU = 1,
  /// An NVIDIA GPU.
  JTR_DEVICE_KIND_CUDA = 2
} jtr_device_kind;

/// How the JTR loss treats the published code's quirks.
typedef enum jtr_joint_task_mode {
  /// As the published code computes it, quirks included.
  JTR_JOINT_TASK_MODE_PUBLISHED = 0,
  /// With the quirks mended: encoded labels are masked like predictions; each reconstruction is compared with
  /// the auto-encoder's own masked input, depth through the normal CDF once and normals in [-1, 1]; each
  /// reconstruction loss is divided by the number of valid pixels; one noise draw serves both stacks of view 1.
  JTR_JOINT_TASK_MODE_CORRECTED = 1
} jtr_joint_task_mode;

/// How the learning rate changes from step to step. All of them may begin with a linear warm-up.
typedef enum jtr_schedule {
  /// Multiplied by decay_factor after every decay_steps steps; constant where decay_steps is 0.
  JTR_SCHEDULE_STEP = 0,
  /// Half a cosine, from the end of the warm-up to step decay_steps, where it ends at final_factor of the rate.
  JTR_SCHEDULE_COSINE = 1,
  /// As it is.
  JTR_SCHEDULE_CONSTANT = 2
} jtr_schedule;

/// What the backward pass computes a second time instead of keeping it, against memory. The numbers are the same.
typedef enum jtr_recomputation {
  /// Each layer keeps its convolution's output alone; norm, ReLU and unpooling are computed again where they are read.
  JTR_RECOMPUTATION_NORMS = 0,
  /// Only what passes between the ten stages of a network is kept; a stage's layers are computed again, which costs
  /// about
  /// a second forward pass.
  JTR_RECOMPUTATION_STAGES = 1,
  /// Nothing: what a convolution reads is kept beside its output.
  JTR_RECOMPUTATION_NONE = 2
} jtr_recomputation;

/// The tensors of a trainer that can be read and written by name.
typedef enum jtr_tensor_kind {
  /// Weights and norm statistics, named as in published checkpoints after "model/", "jtr/" or "mapping/" (of "mtpsl");
  /// "model.<task>/" in "single_task", "map.<source>.<target>/" in the maps, "balancing/"; "ema/" before the names of
  /// the
  /// averaged multi-task network.
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
  /// The status that the failing call returned.
  jtr_status status;
  /// What happened, what was expected, what was found.
  const char* message;
  /// The argument or field at fault, as in "batch.images", or "".
  const char* field;
  /// The file at fault, or "".
  const char* path;
  /// Byte offset in that file, or -1.
  int64_t offset;
  /// JTR_STATUS_NON_FINITE: the term that was not finite: "supervised.<task>", "dist", "recon", "loss" (of the method)
  /// or "gradient"; else "".
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

/// One task.
typedef struct jtr_task_desc {
  /// sizeof(jtr_task_desc).
  uint64_t struct_size;
  /// Unique in the set, not empty.
  const char* name;
  /// What kind of task.
  jtr_task_kind kind;
  /// Channels of the prediction: number of classes (2 or more), 1 for depth, 3 for normals, 1 or more for a map.
  int32_t channels;
  /// Depth: mean of the normal CDF that maps it into the joint space. Published: 2.3618.
  double depth_mean;
  /// Depth: standard deviation of that CDF, above 0. Published: 1.5876.
  double depth_std;
} jtr_task_desc;

/// The JTR loss and its auto-encoder.
typedef struct jtr_joint_task_options {
  /// sizeof(jtr_joint_task_options).
  uint64_t struct_size;
  /// published or corrected.
  jtr_joint_task_mode mode;
  /// First stage width of the auto-encoder; the five stages have 1, 2, 4, 8, 8 times it. Published: 64.
  int32_t width;
  /// Weight of the distance term, 0 or more. Published: 4.
  double lambda_dist;
  /// Weight of the reconstruction term, 0 or more. Published: 2.
  double lambda_recon;
  /// Samples that go through the auto-encoder at once; 0 chooses. The result depends on it by rounding only.
  int32_t micro_batch;
} jtr_joint_task_options;

/// Adam and the schedule of its rate.
typedef struct jtr_adam_options {
  /// sizeof(jtr_adam_options).
  uint64_t struct_size;
  /// Above 0. Published: 1e-4.
  double learning_rate;
  /// In [0, 1). Published: 0.9.
  double beta1;
  /// In [0, 1). Published: 0.999.
  double beta2;
  /// Above 0. Published: 1e-8.
  double epsilon;
  /// STEP: steps after which the rate is multiplied by decay_factor, again and again; 0 keeps it. COSINE: the step at
  /// which it ends, above warmup_steps.
  int64_t decay_steps;
  /// In (0, 1]. Published: 0.5.
  double decay_factor;
  /// How the rate changes.
  jtr_schedule schedule;
  /// Steps over which the rate rises linearly to what the schedule says, 0 or more.
  int64_t warmup_steps;
  /// COSINE: what the rate ends at, as a part of learning_rate, in [0, 1].
  double final_factor;
} jtr_adam_options;

/// The method "consistency": the predictions of two views of an unlabelled task must agree.
typedef struct jtr_consistency_options {
  /// sizeof(jtr_consistency_options).
  uint64_t struct_size;
  /// Weight of the term, 0 or more.
  double weight;
  /// What segmentation logits are divided by, above 0.
  double temperature;
} jtr_consistency_options;

/// The methods "direct_map" and "perceptual_map": one network for each ordered pair of tasks (Zamir et al. 2020).
typedef struct jtr_pair_map_options {
  /// sizeof(jtr_pair_map_options).
  uint64_t struct_size;
  /// First stage width of each pair's SegNet.
  int32_t width;
  /// Weight of the term, 0 or more.
  double weight;
} jtr_pair_map_options;

/// The method "mtpsl": cross-task consistency (Li, Liu, Bilen, CVPR 2022). Its mapping network has the width of the
/// multi-task network.
typedef struct jtr_mtpsl_options {
  /// sizeof(jtr_mtpsl_options).
  uint64_t struct_size;
  /// Weight of the consistency, 0 or more. Published: 2 (NYU-v2), 1 (Cityscapes).
  double con_weight;
  /// Weight of the term that ties the joint space to the backbone's feature, 0 or more. Published: 0.5.
  double reg_weight;
  /// Steps over which con_weight rises linearly from 0; 0: it is constant. Published: constant, or 100 epochs.
  int64_t ramp_up_steps;
  /// Optimiser of the FiLM scales and shifts; the rest of the mapping network shares the trainer's. Published: rate
  /// 1e-3 (NYU-v2), 1e-5 (Cityscapes), halved every 30 epochs.
  jtr_adam_options film;
  /// Pairs of tasks that go through the mapping network at once; 0 chooses. The result depends on it by rounding only.
  int32_t micro_batch;
} jtr_mtpsl_options;

/// How the supervised losses of the tasks are weighed against each other.
typedef struct jtr_balancing_options {
  /// sizeof(jtr_balancing_options).
  uint64_t struct_size;
  /// Name of the rule, one of jtr_balancing_name: "equal", "fixed", "uncertainty", "dwa", "random", "pcgrad".
  const char* name;
  /// "fixed": [K] weights of 0 or more, not all 0; else not read.
  const double* weights;
  /// "dwa": temperature of the softmax, above 0. Published: 2.
  double temperature;
  /// "dwa": steps over which losses are averaged, 1 or more. Published: those of an epoch.
  int64_t period_steps;
  /// "uncertainty": where the learned logarithm of each task's variance starts. MTAN's code: -0.5.
  double initial_log_variance;
} jtr_balancing_options;

/// Everything that a trainer is made of.
typedef struct jtr_trainer_options {
  /// sizeof(jtr_trainer_options).
  uint64_t struct_size;
  /// The tasks, task_count of them.
  const jtr_task_desc* tasks;
  /// 1 to 64.
  int32_t task_count;
  /// First stage width of the multi-task SegNet; the five stages have 1, 2, 4, 8, 8 times it. Published: 64.
  int32_t width;
  /// Name of the method, one of jtr_method_name: "supervised", "single_task", "consistency", "direct_map",
  /// "perceptual_map", "mtpsl", "jtr".
  const char* method;
  /// Used by the method "jtr".
  jtr_joint_task_options joint_task;
  /// Used by the method "consistency".
  jtr_consistency_options consistency;
  /// Used by the method "direct_map".
  jtr_pair_map_options direct_map;
  /// Used by the method "perceptual_map".
  jtr_pair_map_options perceptual_map;
  /// Used by the method "mtpsl".
  jtr_mtpsl_options mtpsl;
  /// Weights of the tasks' supervised losses.
  jtr_balancing_options balancing;
  /// The optimiser.
  jtr_adam_options adam;
  /// Largest Euclidean norm of a network's gradient; a longer one is scaled down to it. The multi-task network and each
  /// network of the method have each their own. 0: none.
  double max_gradient_norm;
  /// Decay of the moving average of the multi-task network's weights and norm statistics, which predicts and is
  /// exported, in [0, 1). After t steps it is at most t / (t + 10), so that it forgets the initial weights. 0: none.
  double ema_decay;
  /// Seed of the initial weights and of the noise.
  uint64_t seed;
  /// Number format.
  jtr_dtype dtype;
  /// Where to run.
  jtr_device_kind device;
  /// Which GPU, 0 or more.
  int32_t device_index;
  /// What the networks' backward passes compute a second time.
  jtr_recomputation recomputation;
} jtr_trainer_options;

/// A batch of training samples in host memory.
typedef struct jtr_batch {
  /// sizeof(jtr_batch).
  uint64_t struct_size;
  /// V: 1 or more, at least the method's number of views (jtr_method_views); further views are not read.
  int32_t views;
  /// B: 1 or more.
  int32_t samples;
  /// H: a multiple of 32.
  int32_t height;
  /// W: a multiple of 32.
  int32_t width;
  /// [V, B, 3, H, W] RGB in [0, 1].
  const float* images;
  /// [V, B, L, H, W]: the tasks' labels in order; 1 channel for segmentation (the class id) and depth, 3 for
  /// normals, as many as predicted for a map. Not read where the sample is not labelled for the task.
  const float* labels;
  /// [B, K]: 1 where the sample is labelled for the task, else 0.
  const uint8_t* labelled;
  /// [B, N, S, H, W] or NULL: exponential noise of the straight-through Gumbel-softmax, N = jtr_method_noise_slots, S
  /// the number of classes of all segmentation tasks. Slots of "jtr": prediction of view 1, its completion, completion
  /// of view 2, target of the completion's reconstruction, target of the prediction's; of "mtpsl": slot j is the pair
  /// of an unlabelled segmentation task with the sample's j-th labelled task. NULL draws it from (seed, step).
  const double* noise;
  /// [V, B, 6] or NULL: how each view was cut out of view 0: scale, top, left, height, width, mirrored (0 or 1). The
  /// window of height x width pixels, its first row top and its first column left (of view 0 mirrored left to right if
  /// mirrored is 1), was resized to H x W with aligned corners, and depth divided by scale. View 0's own are not read.
  /// Needed by the method "consistency" alone.
  const double* crops;
} jtr_batch;

/// What to do besides the step itself. All may be NULL.
typedef struct jtr_step_request {
  /// sizeof(jtr_step_request).
  uint64_t struct_size;
  /// The step is given up, and nothing changed, soon after this becomes other than 0 (read atomically).
  const int32_t* cancel;
  /// [B] receives each sample's loss.
  double* loss;
  /// [B] receives each sample's supervised loss, the plain sum over tasks.
  double* supervised;
  /// [B] receives each sample's distance term, unweighted.
  double* dist;
  /// [B] receives each sample's reconstruction term, unweighted.
  double* recon;
  /// [K] receives each task's supervised loss, mean over the samples that have its label (NaN if none).
  double* task_loss;
  /// [V, B, C, H, W] receives the predictions of the method's views.
  double* prediction;
  /// [V, B, C, H, W] receives the loss's gradients with respect to them.
  double* prediction_grad;
  /// The next step's batch: on a GPU its images and labels are copied there while this step computes. The next call
  /// must then give a batch with the same pointers and sizes, whose memory nobody has written in between; any other is
  /// copied as usual. It is checked in its own step: what is wrong with it does not make this one fail.
  const jtr_batch* next;
} jtr_step_request;

/// What a step did.
typedef struct jtr_step_result {
  /// sizeof(jtr_step_result).
  uint64_t struct_size;
  /// Steps done, this one included.
  int64_t step;
  /// Mean over samples of the whole loss, with the tasks' weights.
  double loss;
  /// Mean over samples of the supervised loss, the plain sum over tasks.
  double supervised;
  /// Mean over samples of the distance term, unweighted: of "jtr"; of the other methods their own term, the agreement
  /// that they ask for; 0 where the method has none.
  double dist;
  /// Mean over samples of the reconstruction term, unweighted: of "jtr"; of "perceptual_map" the loss of its maps; 0
  /// where the method has none.
  double recon;
  /// The rate that Adam used.
  double learning_rate;
  /// Euclidean norm of the multi-task network's gradient, before it was clipped.
  double gradient_norm;
} jtr_step_result;

/// Options of the JTR loss alone.
typedef struct jtr_regularizer_options {
  /// sizeof(jtr_regularizer_options).
  uint64_t struct_size;
  /// The tasks, task_count of them.
  const jtr_task_desc* tasks;
  /// 1 to 64.
  int32_t task_count;
  /// The loss and its auto-encoder.
  jtr_joint_task_options joint_task;
  /// The auto-encoder's optimiser.
  jtr_adam_options adam;
  /// Seed of the initial weights and of the noise.
  uint64_t seed;
  /// Number format of weights, predictions and gradients.
  jtr_dtype dtype;
  /// Where to run.
  jtr_device_kind device;
  /// Which GPU, 0 or more.
  int32_t device_index;
  /// What the auto-encoder's backward pass computes a second time.
  jtr_recomputation recomputation;
} jtr_regularizer_options;

/// Predictions and labels of two views of the same samples, in host memory.
typedef struct jtr_regularizer_batch {
  /// sizeof(jtr_regularizer_batch).
  uint64_t struct_size;
  /// B: 1 or more.
  int32_t samples;
  /// H: a multiple of 32.
  int32_t height;
  /// W: a multiple of 32.
  int32_t width;
  /// [2, B, C, H, W] of the regularizer's number format: raw logits, depths, unit normals, maps.
  const void* predictions;
  /// [2, B, L, H, W], as in jtr_batch.
  const float* labels;
  /// [B, K], as in jtr_batch.
  const uint8_t* labelled;
  /// [B, 5, S, H, W] or NULL, as in jtr_batch.
  const double* noise;
  /// Given up soon after this becomes other than 0. May be NULL.
  const int32_t* cancel;
} jtr_regularizer_batch;

/// The JTR loss of a batch.
typedef struct jtr_regularizer_result {
  /// sizeof(jtr_regularizer_result).
  uint64_t struct_size;
  /// Mean over samples of lambda_dist * dist + lambda_recon * recon.
  double loss;
  /// Mean over samples of the distance term.
  double dist;
  /// Mean over samples of the reconstruction term.
  double recon;
  /// [2, B, C, H, W] of the regularizer's number format, or NULL: receives the gradient of loss with respect to the
  /// predictions (zero for the second view, and for labelled tasks).
  void* prediction_grad;
  /// [B] or NULL: receives each sample's distance term.
  double* sample_dist;
  /// [B] or NULL: receives each sample's reconstruction term.
  double* sample_recon;
} jtr_regularizer_result;

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

/// Receives log messages; may be called by any thread that calls this library.
/// @param level importance
/// @param message UTF-8 text, valid during the call
/// @param user the pointer given to jtr_set_log_callback
typedef void (*jtr_log_callback)(jtr_log_level level, const char* message, void* user);

/// Describes the calling thread's last failure.
/// @param error receives it
JTR_API void jtr_last_error(jtr_error* error);

/// Sends log messages to a callback; without one they are dropped.
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

/// Number of training methods.
JTR_API int32_t jtr_method_count(void);

/// Name of a training method.
/// @param index 0 or more, below jtr_method_count()
/// @return its name, or NULL on failure
JTR_API const char* jtr_method_name(int32_t index);

/// Number of views of each sample that a training method reads.
/// @param method its name
/// @return 1 or more, or 0 on failure
JTR_API int32_t jtr_method_views(const char* method);

/// The smallest number of tasks that a training method is defined on: 1, or 2 where it relates tasks in pairs.
/// @param method its name
/// @return 1 or more, or 0 on failure
JTR_API int32_t jtr_method_min_tasks(const char* method);

/// Number of noise slots of each sample (jtr_batch.noise) that a training method reads.
/// @param method its name
/// @param task_count K, 1 to 64
/// @return 0 or more, or -1 on failure
JTR_API int32_t jtr_method_noise_slots(const char* method, int32_t task_count);

/// Number of rules that weigh the tasks' losses.
JTR_API int32_t jtr_balancing_count(void);

/// Name of a rule that weighs the tasks' losses.
/// @param index 0 or more, below jtr_balancing_count()
/// @return its name, or NULL on failure
JTR_API const char* jtr_balancing_name(int32_t index);

/// Makes a trainer with freshly initialised weights.
/// @param options what to make; read during the call only
/// @return the trainer, to be given to jtr_trainer_destroy, or NULL on failure
JTR_API jtr_trainer* jtr_trainer_create(const jtr_trainer_options* options);

/// Frees a trainer.
/// @param trainer may be NULL
JTR_API void jtr_trainer_destroy(jtr_trainer* trainer);

/// One training step: forward, losses, backward, clipping, Adam, average. On failure nothing has changed.
/// @param trainer the trainer
/// @param batch the samples
/// @param request further wishes, or NULL
/// @param result receives the losses
JTR_API jtr_status jtr_trainer_step(jtr_trainer* trainer, const jtr_batch* batch, const jtr_step_request* request,
                                    jtr_step_result* result);

/// Replaces adam.learning_rate from the next step on; the schedule stays. The rate of "mtpsl"'s FiLM weights stays too.
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
/// @param images [samples, 3, height, width] RGB in [0, 1]
/// @param samples 1 or more
/// @param height a multiple of 32
/// @param width a multiple of 32
/// @param predictions receives [samples, C, height, width]: raw logits, depths, unit normals, maps
JTR_API jtr_status jtr_trainer_predict(jtr_trainer* trainer, const float* images, int32_t samples, int32_t height,
                                       int32_t width, float* predictions);

/// Steps done.
/// @param trainer the trainer
JTR_API int64_t jtr_trainer_get_step(const jtr_trainer* trainer);

/// Number of named tensors.
/// @param trainer the trainer
/// @param kind which
JTR_API int32_t jtr_trainer_tensor_count(const jtr_trainer* trainer, jtr_tensor_kind kind);

/// Describes a named tensor.
/// @param trainer the trainer
/// @param kind which
/// @param index 0 or more, below the count
/// @param info receives it
JTR_API jtr_status jtr_trainer_get_tensor_info(const jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index,
                                               jtr_tensor_info* info);

/// Reads a named tensor.
/// @param trainer the trainer
/// @param kind which
/// @param index 0 or more, below the count
/// @param values receives the elements
/// @param count number of elements, as jtr_tensor_info says
JTR_API jtr_status jtr_trainer_read_tensor(const jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index,
                                           double* values, int64_t count);

/// Writes a named tensor.
/// @param trainer the trainer
/// @param kind which
/// @param index 0 or more, below the count
/// @param values the elements
/// @param count number of elements, as jtr_tensor_info says
JTR_API jtr_status jtr_trainer_write_tensor(jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index,
                                            const double* values, int64_t count);

/// Saves weights, norm statistics, optimiser state, step and seed as safetensors. The file appears whole or not at all.
/// @param trainer the trainer
/// @param path the file to write
/// @param entries metadata to store beside the library's own, or NULL
/// @param entry_count number of entries
JTR_API jtr_status jtr_trainer_save(const jtr_trainer* trainer, const char* path, const jtr_metadata_entry* entries,
                                    int32_t entry_count);

/// Loads what jtr_trainer_save wrote for the same tasks and widths. On failure nothing has changed.
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
/// @param options what to make; read during the call only
/// @return the regularizer, to be given to jtr_regularizer_destroy, or NULL on failure
JTR_API jtr_regularizer* jtr_regularizer_create(const jtr_regularizer_options* options);

/// Frees a regularizer.
/// @param regularizer may be NULL
JTR_API void jtr_regularizer_destroy(jtr_regularizer* regularizer);

/// Computes the loss, its gradient with respect to the predictions and, kept inside, to the auto-encoder's weights.
/// @param regularizer the regularizer
/// @param batch predictions and labels
/// @param result receives the loss
JTR_API jtr_status jtr_regularizer_compute(jtr_regularizer* regularizer, const jtr_regularizer_batch* batch,
                                           jtr_regularizer_result* result);

/// One Adam step of the auto-encoder with the gradients of the last jtr_regularizer_compute.
/// @param regularizer the regularizer
JTR_API jtr_status jtr_regularizer_update(jtr_regularizer* regularizer);

/// Number of named tensors.
/// @param regularizer the regularizer
/// @param kind which
JTR_API int32_t jtr_regularizer_tensor_count(const jtr_regularizer* regularizer, jtr_tensor_kind kind);

/// Describes a named tensor.
/// @param regularizer the regularizer
/// @param kind which
/// @param index 0 or more, below the count
/// @param info receives it
JTR_API jtr_status jtr_regularizer_get_tensor_info(const jtr_regularizer* regularizer, jtr_tensor_kind kind,
                                                   int32_t index, jtr_tensor_info* info);

/// Reads a named tensor.
/// @param regularizer the regularizer
/// @param kind which
/// @param index 0 or more, below the count
/// @param values receives the elements
/// @param count number of elements, as jtr_tensor_info says
JTR_API jtr_status jtr_regularizer_read_tensor(const jtr_regularizer* regularizer, jtr_tensor_kind kind, int32_t index,
                                               double* values, int64_t count);

/// Writes a named tensor.
/// @param regularizer the regularizer
/// @param kind which
/// @param index 0 or more, below the count
/// @param values the elements
/// @param count number of elements, as jtr_tensor_info says
JTR_API jtr_status jtr_regularizer_write_tensor(jtr_regularizer* regularizer, jtr_tensor_kind kind, int32_t index,
                                                const double* values, int64_t count);

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
