#include "emulated/fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if !defined(__x86_64__)
#include <ucontext.h>

#include <deque>
#endif

#if defined(__x86_64__)
// jtr_emulated_switch(void** from, void* to): keeps what a call must preserve on the stack, and its pointer in *from;
// goes on with the other stack. (ucontext's would make a system call each time, of which a launch has millions.)
asm(R"(
.text
.globl jtr_emulated_switch
.hidden jtr_emulated_switch
.type jtr_emulated_switch,@function
jtr_emulated_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size jtr_emulated_switch,.-jtr_emulated_switch
)");
extern "C" void jtr_emulated_switch(void** from, void* to);
#endif

namespace jtr::emulated {
namespace {

/// The one that is being resumed, for its first steps.
thread_local Fiber* entering = nullptr;

#if !defined(__x86_64__)
/// Contexts where a pointer to the stack is not enough.
ucontext_t* new_context() {
  static thread_local std::deque<ucontext_t> all;
  return &all.emplace_back();
}

void jtr_emulated_switch(void** from, void* to) {
  swapcontext(static_cast<ucontext_t*>(*from), static_cast<ucontext_t*>(to));
}
#endif

}  // namespace

void Fiber::start(void (*entry)(Fiber& self)) {
  entry_ = entry;
  if (stack_ == nullptr) stack_.reset(new char[kStackBytes]);
  own_fake_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  // What ran on it before left marks.
  __asan_unpoison_memory_region(stack_.get(), kStackBytes);
#endif
#if defined(__x86_64__)
  auto* top = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(stack_.get()) + kStackBytes) & ~uintptr_t{15});
  *--top = nullptr;  // where enter() would return to; it never does
  *--top = reinterpret_cast<void*>(&Fiber::enter);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  own_ = top;
#else
  if (own_ == nullptr) own_ = new_context();
  if (caller_ == nullptr) caller_ = new_context();
  auto* context = static_cast<ucontext_t*>(own_);
  getcontext(context);
  context->uc_stack.ss_sp = stack_.get();
  context->uc_stack.ss_size = kStackBytes;
  context->uc_link = nullptr;
  makecontext(context, &Fiber::enter, 0);
#endif
}

void Fiber::resume() {
  entering = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&caller_fake_, stack_.get(), kStackBytes);
#endif
  jtr_emulated_switch(&caller_, own_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(caller_fake_, nullptr, nullptr);
#endif
}

void Fiber::give_way([[maybe_unused]] bool for_good) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(for_good ? nullptr : &own_fake_, caller_bottom_, caller_bytes_);
#endif
  jtr_emulated_switch(&own_, caller_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(own_fake_, &caller_bottom_, &caller_bytes_);
#endif
}

void Fiber::enter() {
  Fiber& self = *entering;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self.caller_bottom_, &self.caller_bytes_);
#endif
  self.entry_(self);
  __builtin_trap();
}

}  // namespace jtr::emulated
