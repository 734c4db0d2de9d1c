// A normal form has no further normal form.
// RUN: optimus-opt %S/batch-norm-into-weights.mlir --optimus-normalize > %t.once
// RUN: optimus-opt %t.once --optimus-normalize > %t.twice
// RUN: diff %t.once %t.twice
