// Copies rows of `bytes` bytes, in four nested loops with `n` iterations and strides of bytes from
// row to row. Rows are copied in ascending order, so a box may move to lower addresses within itself,
// and a row is read as a whole before it is written.
func.func private @copy_rows(%from: index, %to: index, %bytes: index,
    %n0: index, %from0: index, %to0: index,
    %n1: index, %from1: index, %to1: index,
    %n2: index, %from2: index, %to2: index,
    %n3: index, %from3: index, %to3: index) attributes {llvm.no_inline} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %length = arith.index_cast %bytes : index to i64
  scf.for %i0 = %zero to %n0 step %one iter_args(%a0 = %from, %b0 = %to) -> (index, index) {
    scf.for %i1 = %zero to %n1 step %one iter_args(%a1 = %a0, %b1 = %b0) -> (index, index) {
      scf.for %i2 = %zero to %n2 step %one iter_args(%a2 = %a1, %b2 = %b1) -> (index, index) {
        scf.for %i3 = %zero to %n3 step %one iter_args(%a3 = %a2, %b3 = %b2) -> (index, index) {
          %source = arith.index_cast %a3 : index to i64
          %target = arith.index_cast %b3 : index to i64
          %p = llvm.inttoptr %source : i64 to !llvm.ptr
          %q = llvm.inttoptr %target : i64 to !llvm.ptr
          COPY_ROW
          %a = arith.addi %a3, %from3 : index
          %b = arith.addi %b3, %to3 : index
          scf.yield %a, %b : index, index
        }
        %a = arith.addi %a2, %from2 : index
        %b = arith.addi %b2, %to2 : index
        scf.yield %a, %b : index, index
      }
      %a = arith.addi %a1, %from1 : index
      %b = arith.addi %b1, %to1 : index
      scf.yield %a, %b : index, index
    }
    %a = arith.addi %a0, %from0 : index
    %b = arith.addi %b0, %to0 : index
    scf.yield %a, %b : index, index
  }
  return
}
