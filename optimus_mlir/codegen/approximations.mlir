// Functions that LLVM would call a library for, lane by lane.

// exp: Cephes' expf. Within 1 ulp on [-86.98, 88.72]; 0 below, 3.4e38 instead of infinity above.
func.func @exp(%a: f32) -> f32 {
  %lo = arith.constant -87.33654 : f32
  %hi = arith.constant 88.72283 : f32
  %log2e = arith.constant 1.44269504 : f32
  %half = arith.constant 0.5 : f32
  %b0 = arith.maximumf %a, %lo : f32
  %x = arith.minimumf %b0, %hi : f32
  // x = n ln 2 + r, with ln 2 in two parts
  %t0 = math.fma %x, %log2e, %half : f32
  %n = math.floor %t0 : f32
  %l1 = arith.constant -0.693359375 : f32
  %l2 = arith.constant 2.12194440e-4 : f32
  %r0 = math.fma %n, %l1, %x : f32
  %r = math.fma %n, %l2, %r0 : f32
  // exp(r) = 1 + r + r^2 p(r)
  %c0 = arith.constant 1.9875691500E-4 : f32
  %c1 = arith.constant 1.3981999507E-3 : f32
  %c2 = arith.constant 8.3334519073E-3 : f32
  %c3 = arith.constant 4.1665795894E-2 : f32
  %c4 = arith.constant 1.6666665459E-1 : f32
  %one = arith.constant 1.0 : f32
  %p1 = math.fma %c0, %r, %c1 : f32
  %p2 = math.fma %p1, %r, %c2 : f32
  %p3 = math.fma %p2, %r, %c3 : f32
  %p4 = math.fma %p3, %r, %c4 : f32
  %p5 = math.fma %p4, %r, %half : f32
  %rr = arith.mulf %r, %r : f32
  %q0 = math.fma %p5, %rr, %r : f32
  %q = arith.addf %q0, %one : f32
  // times 2^n = 2 * 2^(n - 1), whose exponent fits for n = 128 too
  %i = arith.fptosi %n : f32 to i32
  %bias = arith.constant 126 : i32
  %mantissa = arith.constant 23 : i32
  %two = arith.constant 2.0 : f32
  %j = arith.addi %i, %bias : i32
  %k = arith.shli %j, %mantissa : i32
  %e = arith.bitcast %k : i32 to f32
  %q2 = arith.mulf %q, %two : f32
  %y = arith.mulf %q2, %e : f32
  return %y : f32
}

// erf: the quotient of polynomials of Eigen and XLA. Absolute error below 3.3e-7.
func.func @erf(%a: f32) -> f32 {
  %lo = arith.constant -3.925 : f32
  %hi = arith.constant 3.925 : f32
  %b0 = arith.maximumf %a, %lo : f32
  %x = arith.minimumf %b0, %hi : f32
  %z = arith.mulf %x, %x : f32
  %a0 = arith.constant -2.72614225801306e-10 : f32
  %a1 = arith.constant 2.77068142495902e-08 : f32
  %a2 = arith.constant -2.10102402082508e-06 : f32
  %a3 = arith.constant -5.69250639462346e-05 : f32
  %a4 = arith.constant -7.34990630326855e-04 : f32
  %a5 = arith.constant -2.95459980854025e-03 : f32
  %a6 = arith.constant -1.60960333262415e-02 : f32
  %n0 = math.fma %a0, %z, %a1 : f32
  %n1 = math.fma %n0, %z, %a2 : f32
  %n2 = math.fma %n1, %z, %a3 : f32
  %n3 = math.fma %n2, %z, %a4 : f32
  %n4 = math.fma %n3, %z, %a5 : f32
  %n5 = math.fma %n4, %z, %a6 : f32
  %n = arith.mulf %n5, %x : f32
  %d0 = arith.constant -1.45660718464996e-05 : f32
  %d1 = arith.constant -2.13374055278905e-04 : f32
  %d2 = arith.constant -1.68282697438203e-03 : f32
  %d3 = arith.constant -7.37332916720468e-03 : f32
  %d4 = arith.constant -1.42647390514189e-02 : f32
  %e0 = math.fma %d0, %z, %d1 : f32
  %e1 = math.fma %e0, %z, %d2 : f32
  %e2 = math.fma %e1, %z, %d3 : f32
  %e = math.fma %e2, %z, %d4 : f32
  %res = arith.divf %n, %e : f32
  return %res : f32
}
