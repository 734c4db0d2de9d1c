// --threads wants a number of threads, and machine code that is not timed.
// RUN: not optimus run %s --threads 0 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not optimus run %s --threads -1 2>&1 | FileCheck %s --check-prefix=LESS
// RUN: not optimus run %s --threads x 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not optimus run %s --threads 2 --profile 2>&1 | FileCheck %s --check-prefix=PROFILE
// RUN: not optimus run %s --threads 2 --backend numpy 2>&1 | FileCheck %s --check-prefix=NUMPY

// NONE: error: Invalid value for '--threads': 0 is not in the range 1<=x<=64
// LESS: error: Invalid value for '--threads': -1 is not in the range 1<=x<=64
// WORD: error: Invalid value for '--threads': 'x' is not a valid integer range
// PROFILE: error: --profile times one thread: leave out --threads
// NUMPY: error: --threads is about machine code: leave out --backend
func.func @main(%x: tensor<16xf32>) -> tensor<16xf32> {
  return %x : tensor<16xf32>
}
