// A vector unit without registers is refused.
// RUN: not optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32" 2>&1 | FileCheck %s

// CHECK: error: convert-linalg-to-vectors: a vector unit has vector-bytes and registers of at least 8, not 32 and 0
