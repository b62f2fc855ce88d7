;; The loops of the attention network over float32 matrices. Addresses and steps are in bytes. Every sum is taken in the order of its
;; terms, so that kernel-plain.ts gives the same bits.
(module
  ;; The first 256 bytes are the module's own.
  (memory (export "memory") 1)
  ;; Constants of softmax, read from memory because that is cheaper than making them anew each time.
  (data (i32.const 0)
    "\00\00\00\00\00\20\86\c0" ;; -708
    "\00\00\00\00\43\2e\d6\3f" ;; 0x3FD62E4300000000
    "\00\00\00\00\00\00\f0\bf" ;; -1
    "\fe\82\2b\65\47\15\f7\3f" ;; 1.44269504088896338700
    "\00\00\00\00\00\00\e0\3f" ;; 0.5
    "\00\00\00\00\b2\a2\f0\3f" ;; 0x3FF0A2B200000000
    "\00\00\e0\fe\42\2e\e6\3f" ;; 6.93147180369123816490e-01
    "\76\3c\79\35\ef\39\ea\3d" ;; 1.90821492927058770002e-10
    "\f1\6b\d2\c5\41\bd\bb\be" ;; -1.65339022054652515390e-06
    "\d0\a4\be\72\69\37\66\3e" ;; 4.13813679705723846039e-08
    "\2c\de\25\af\6a\56\11\3f" ;; 6.61375632143793436117e-05
    "\93\bd\be\16\6c\c1\66\bf" ;; -2.77777777770155933842e-03
    "\3e\55\55\55\55\55\c5\3f" ;; 1.66666666666666019037e-01
    "\00\00\00\00\00\00\f0\3f" ;; 1
    "\00\00\00\00\00\00\00\40" ;; 2
    "\ff\03\00\00\00\00\30\43" ;; 2^52 + 1023
    "\00\00\00\00\00\00\30\3e" ;; 0x3E30000000000000
  )

  ;; out[rows x n] = x[rows x k] * w[k x n] + b; bs is 0 where all rows add the same. w is read by blocks of 16 columns that lie wb apart,
  ;; each by rows that lie ws apart. n is a multiple of 16 (columns beyond it are the caller's garbage), rows at least 2. Two rows and
  ;; sixteen columns at a time: each weight is loaded once for both rows, and a block of weights stays in the nearest cache for all rows.
  ;; An odd last row is done with the one before it.
  (func (export "matmul")
    (param $x i32) (param $xs i32) (param $w i32) (param $ws i32) (param $wb i32) (param $b i32) (param $bs i32)
    (param $out i32) (param $os i32) (param $rows i32) (param $k i32) (param $n i32)
    (local $r i32) (local $i i32) (local $xa i32) (local $xb i32) (local $wp i32) (local $o i32)
    (local $sa v128) (local $sb v128) (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (loop $column
      (local.set $r (i32.const 0))
      (loop $row
        (local.set $o (i32.add (local.get $b) (i32.mul (local.get $r) (local.get $bs))))
        (local.set $a0 (v128.load (local.get $o)))
        (local.set $a1 (v128.load offset=16 (local.get $o)))
        (local.set $a2 (v128.load offset=32 (local.get $o)))
        (local.set $a3 (v128.load offset=48 (local.get $o)))
        (local.set $o (i32.add (local.get $o) (local.get $bs)))
        (local.set $b0 (v128.load (local.get $o)))
        (local.set $b1 (v128.load offset=16 (local.get $o)))
        (local.set $b2 (v128.load offset=32 (local.get $o)))
        (local.set $b3 (v128.load offset=48 (local.get $o)))
        (local.set $xa (i32.add (local.get $x) (i32.mul (local.get $r) (local.get $xs))))
        (local.set $xb (i32.add (local.get $xa) (local.get $xs)))
        (local.set $wp (local.get $w))
        (local.set $i (local.get $k))
        (loop $inner
          (local.set $sa (v128.load32_splat (local.get $xa)))
          (local.set $sb (v128.load32_splat (local.get $xb)))
          (local.set $w0 (v128.load (local.get $wp)))
          (local.set $w1 (v128.load offset=16 (local.get $wp)))
          (local.set $w2 (v128.load offset=32 (local.get $wp)))
          (local.set $w3 (v128.load offset=48 (local.get $wp)))
          (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $sa) (local.get $w0))))
          (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $sa) (local.get $w1))))
          (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $sa) (local.get $w2))))
          (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $sa) (local.get $w3))))
          (local.set $b0 (f32x4.add (local.get $b0) (f32x4.mul (local.get $sb) (local.get $w0))))
          (local.set $b1 (f32x4.add (local.get $b1) (f32x4.mul (local.get $sb) (local.get $w1))))
          (local.set $b2 (f32x4.add (local.get $b2) (f32x4.mul (local.get $sb) (local.get $w2))))
          (local.set $b3 (f32x4.add (local.get $b3) (f32x4.mul (local.get $sb) (local.get $w3))))
          (local.set $xa (i32.add (local.get $xa) (i32.const 4)))
          (local.set $xb (i32.add (local.get $xb) (i32.const 4)))
          (local.set $wp (i32.add (local.get $wp) (local.get $ws)))
          (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (local.set $o (i32.add (local.get $out) (i32.mul (local.get $r) (local.get $os))))
        (v128.store (local.get $o) (local.get $a0))
        (v128.store offset=16 (local.get $o) (local.get $a1))
        (v128.store offset=32 (local.get $o) (local.get $a2))
        (v128.store offset=48 (local.get $o) (local.get $a3))
        (local.set $o (i32.add (local.get $o) (local.get $os)))
        (v128.store (local.get $o) (local.get $b0))
        (v128.store offset=16 (local.get $o) (local.get $b1))
        (v128.store offset=32 (local.get $o) (local.get $b2))
        (v128.store offset=48 (local.get $o) (local.get $b3))
        (local.set $r (i32.add (local.get $r) (i32.const 2)))
        (if (i32.eq (local.get $r) (i32.sub (local.get $rows) (i32.const 1)))
          (then (local.set $r (i32.sub (local.get $r) (i32.const 1)))))
        (br_if $row (i32.lt_u (local.get $r) (local.get $rows))))
      (local.set $w (i32.add (local.get $w) (local.get $wb)))
      (local.set $b (i32.add (local.get $b) (i32.const 64)))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (br_if $column (local.tee $n (i32.sub (local.get $n) (i32.const 16))))))

  ;; out[rows x n] = max(x, 0) * w[k x n] + b for an x of which most is not positive: such terms are passed over. n is a multiple of 48;
  ;; w is by blocks of 48 columns. list has room for 2 * k numbers of four bytes.
  (func (export "positives")
    (param $x i32) (param $w i32) (param $b i32) (param $out i32) (param $rows i32) (param $k i32) (param $n i32) (param $list i32)
    (local $i i32) (local $end i32) (local $p i32) (local $c i32) (local $wp i32) (local $o i32) (local $value f32) (local $s v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128) (local $a4 v128) (local $a5 v128)
    (local $a6 v128) (local $a7 v128) (local $a8 v128) (local $a9 v128) (local $a10 v128) (local $a11 v128)
    (loop $row
      (local.set $end (local.get $list))
      (local.set $i (i32.const 0))
      (loop $find
        (local.set $value (f32.load (local.get $x)))
        (i32.store (local.get $end) (i32.mul (local.get $i) (i32.const 192)))
        (f32.store offset=4 (local.get $end) (local.get $value))
        (local.set $end (i32.add (local.get $end) (i32.shl (f32.gt (local.get $value) (f32.const 0)) (i32.const 3))))
        (local.set $x (i32.add (local.get $x) (i32.const 4)))
        (br_if $find (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $k))))
      (local.set $c (i32.const 0))
      (local.set $wp (local.get $w))
      (loop $column
        (local.set $o (i32.add (local.get $b) (i32.shl (local.get $c) (i32.const 2))))
        (local.set $a0 (v128.load (local.get $o)))
        (local.set $a1 (v128.load offset=16 (local.get $o)))
        (local.set $a2 (v128.load offset=32 (local.get $o)))
        (local.set $a3 (v128.load offset=48 (local.get $o)))
        (local.set $a4 (v128.load offset=64 (local.get $o)))
        (local.set $a5 (v128.load offset=80 (local.get $o)))
        (local.set $a6 (v128.load offset=96 (local.get $o)))
        (local.set $a7 (v128.load offset=112 (local.get $o)))
        (local.set $a8 (v128.load offset=128 (local.get $o)))
        (local.set $a9 (v128.load offset=144 (local.get $o)))
        (local.set $a10 (v128.load offset=160 (local.get $o)))
        (local.set $a11 (v128.load offset=176 (local.get $o)))
        (local.set $p (local.get $list))
        (block $none
          (br_if $none (i32.eq (local.get $p) (local.get $end)))
          (loop $inner
            (local.set $o (i32.add (local.get $wp) (i32.load (local.get $p))))
            (local.set $s (v128.load32_splat offset=4 (local.get $p)))
            (local.set $a0 (f32x4.add (local.get $a0) (f32x4.mul (local.get $s) (v128.load (local.get $o)))))
            (local.set $a1 (f32x4.add (local.get $a1) (f32x4.mul (local.get $s) (v128.load offset=16 (local.get $o)))))
            (local.set $a2 (f32x4.add (local.get $a2) (f32x4.mul (local.get $s) (v128.load offset=32 (local.get $o)))))
            (local.set $a3 (f32x4.add (local.get $a3) (f32x4.mul (local.get $s) (v128.load offset=48 (local.get $o)))))
            (local.set $a4 (f32x4.add (local.get $a4) (f32x4.mul (local.get $s) (v128.load offset=64 (local.get $o)))))
            (local.set $a5 (f32x4.add (local.get $a5) (f32x4.mul (local.get $s) (v128.load offset=80 (local.get $o)))))
            (local.set $a6 (f32x4.add (local.get $a6) (f32x4.mul (local.get $s) (v128.load offset=96 (local.get $o)))))
            (local.set $a7 (f32x4.add (local.get $a7) (f32x4.mul (local.get $s) (v128.load offset=112 (local.get $o)))))
            (local.set $a8 (f32x4.add (local.get $a8) (f32x4.mul (local.get $s) (v128.load offset=128 (local.get $o)))))
            (local.set $a9 (f32x4.add (local.get $a9) (f32x4.mul (local.get $s) (v128.load offset=144 (local.get $o)))))
            (local.set $a10 (f32x4.add (local.get $a10) (f32x4.mul (local.get $s) (v128.load offset=160 (local.get $o)))))
            (local.set $a11 (f32x4.add (local.get $a11) (f32x4.mul (local.get $s) (v128.load offset=176 (local.get $o)))))
            (br_if $inner (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end)))))
        (v128.store (local.get $out) (local.get $a0))
        (v128.store offset=16 (local.get $out) (local.get $a1))
        (v128.store offset=32 (local.get $out) (local.get $a2))
        (v128.store offset=48 (local.get $out) (local.get $a3))
        (v128.store offset=64 (local.get $out) (local.get $a4))
        (v128.store offset=80 (local.get $out) (local.get $a5))
        (v128.store offset=96 (local.get $out) (local.get $a6))
        (v128.store offset=112 (local.get $out) (local.get $a7))
        (v128.store offset=128 (local.get $out) (local.get $a8))
        (v128.store offset=144 (local.get $out) (local.get $a9))
        (v128.store offset=160 (local.get $out) (local.get $a10))
        (v128.store offset=176 (local.get $out) (local.get $a11))
        (local.set $out (i32.add (local.get $out) (i32.const 192)))
        (local.set $wp (i32.add (local.get $wp) (i32.mul (local.get $k) (i32.const 192))))
        (br_if $column (i32.lt_u (local.tee $c (i32.add (local.get $c) (i32.const 48))) (local.get $n))))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; to += from, count a multiple of 4.
  (func (export "add") (param $to i32) (param $from i32) (param $count i32)
    (loop $next
      (v128.store (local.get $to) (f32x4.add (v128.load (local.get $to)) (v128.load (local.get $from))))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 4))))))

  ;; Layer normalisation of rows of width numbers, from x to y: sums and factors in float64, as JavaScript has them. Two rows at a time,
  ;; one a lane, for a sum in order has to wait for each of its terms; both lanes are the same row where one is left.
  (func (export "normalise") (param $x i32) (param $y i32) (param $scale i32) (param $shift i32) (param $rows i32) (param $width i32)
    (local $p i32) (local $bytes i32) (local $next i32)
    (local $sum v128) (local $mean v128) (local $part v128) (local $factor v128) (local $count v128) (local $w v128)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $count (f64x2.splat (f64.convert_i32_u (local.get $width))))
    (loop $row
      (local.set $next (select (i32.const 0) (local.get $bytes) (i32.eq (local.get $rows) (i32.const 1))))
      (local.set $sum (v128.const i64x2 0 0))
      (local.set $p (i32.const 0))
      (loop $add
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.promote_low_f32x4
          (v128.load32_lane 1 (i32.add (i32.add (local.get $x) (local.get $next)) (local.get $p))
            (v128.load32_zero (i32.add (local.get $x) (local.get $p)))))))
        (br_if $add (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $bytes))))
      (local.set $mean (f64x2.div (local.get $sum) (local.get $count)))
      (local.set $sum (v128.const i64x2 0 0))
      (local.set $p (i32.const 0))
      (loop $square
        (local.set $part (f64x2.sub (f64x2.promote_low_f32x4
          (v128.load32_lane 1 (i32.add (i32.add (local.get $x) (local.get $next)) (local.get $p))
            (v128.load32_zero (i32.add (local.get $x) (local.get $p))))) (local.get $mean)))
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (local.get $part) (local.get $part))))
        (br_if $square (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $bytes))))
      (local.set $factor (f64x2.div (v128.const f64x2 1 1)
        (f64x2.sqrt (f64x2.add (f64x2.div (local.get $sum) (local.get $count)) (v128.const f64x2 1e-5 1e-5)))))
      (local.set $p (i32.const 0))
      (loop $write
        (local.set $w (f32x4.demote_f64x2_zero
          (f64x2.add
            (f64x2.mul
              (f64x2.mul
                (f64x2.sub (f64x2.promote_low_f32x4
                  (v128.load32_lane 1 (i32.add (i32.add (local.get $x) (local.get $next)) (local.get $p))
                    (v128.load32_zero (i32.add (local.get $x) (local.get $p))))) (local.get $mean))
                (local.get $factor))
              (f64x2.promote_low_f32x4 (v128.load32_splat (i32.add (local.get $scale) (local.get $p)))))
            (f64x2.promote_low_f32x4 (v128.load32_splat (i32.add (local.get $shift) (local.get $p)))))))
        (v128.store32_lane 0 (i32.add (local.get $y) (local.get $p)) (local.get $w))
        (v128.store32_lane 1 (i32.add (i32.add (local.get $y) (local.get $next)) (local.get $p)) (local.get $w))
        (br_if $write (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $bytes))))
      (local.set $x (i32.add (i32.add (local.get $x) (local.get $bytes)) (local.get $next)))
      (local.set $y (i32.add (i32.add (local.get $y) (local.get $bytes)) (local.get $next)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 2)))
      (br_if $row (i32.gt_s (local.get $rows) (i32.const 0)))))

  ;; Softmax over the first count numbers of each row, in place; exponentials and their sum in float64. Where count is odd, the number
  ;; after it is the caller's garbage. The exponential, of two numbers that are 0 or less, is by the method of fdlibm
  ;; (https://netlib.org/fdlibm/e_exp.c), which is that of Math.exp. What is below -708 counts as that: it
  ;; vanishes in float32, and in a sum that has a 1 in it.
  (func (export "softmax") (param $at i32) (param $step i32) (param $rows i32) (param $count i32)
    (local $p i32) (local $end i32) (local $tops v128) (local $e v128) (local $sum f64) (local $sums v128)
    (local $x v128) (local $size v128) (local $k v128) (local $hi v128) (local $lo v128) (local $r v128) (local $t v128) (local $c v128)
    (loop $row
      (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
      (local.set $p (local.get $at))
      (local.set $tops (v128.load32_splat (local.get $p)))
      (block $short
        (loop $highest
          (br_if $short (i32.gt_u (i32.add (local.get $p) (i32.const 16)) (local.get $end)))
          (local.set $tops (f32x4.pmax (local.get $tops) (v128.load (local.get $p))))
          (local.set $p (i32.add (local.get $p) (i32.const 16)))
          (br $highest)))
      (block $done
        (loop $last
          (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
          (local.set $tops (f32x4.pmax (local.get $tops) (v128.load32_splat (local.get $p))))
          (local.set $p (i32.add (local.get $p) (i32.const 4)))
          (br $last)))
      (local.set $tops (f32x4.pmax (local.get $tops)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $tops) (local.get $tops))))
      (local.set $tops (f64x2.promote_low_f32x4 (f32x4.pmax (local.get $tops)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 (local.get $tops) (local.get $tops)))))
      (local.set $sum (f64.const 0))
      (local.set $p (local.get $at))
      (loop $raise
        (local.set $x (f64x2.pmax (f64x2.sub (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $p))) (local.get $tops)) (v128.load64_splat (i32.const 0))))
        (local.set $size (f64x2.abs (local.get $x)))
        ;; How many times ln 2: -1 between 0.5 and 1.5 ln 2, by the thresholds of fdlibm, none below.
        (local.set $k (v128.and
          (f64x2.ge (local.get $size) (v128.load64_splat offset=8 (i32.const 0)))
          (v128.bitselect
            (v128.load64_splat offset=16 (i32.const 0))
            (f64x2.trunc (f64x2.sub (f64x2.mul (v128.load64_splat offset=24 (i32.const 0)) (local.get $x))
              (v128.load64_splat offset=32 (i32.const 0))))
            (f64x2.lt (local.get $size) (v128.load64_splat offset=40 (i32.const 0))))))
        (local.set $hi (f64x2.sub (local.get $x)
          (f64x2.mul (local.get $k) (v128.load64_splat offset=48 (i32.const 0)))))
        (local.set $lo (f64x2.mul (local.get $k) (v128.load64_splat offset=56 (i32.const 0))))
        (local.set $r (f64x2.sub (local.get $hi) (local.get $lo)))
        (local.set $t (f64x2.mul (local.get $r) (local.get $r)))
        (local.set $c (f64x2.add (v128.load64_splat offset=64 (i32.const 0))
          (f64x2.mul (local.get $t) (v128.load64_splat offset=72 (i32.const 0)))))
        (local.set $c (f64x2.add (v128.load64_splat offset=80 (i32.const 0))
          (f64x2.mul (local.get $t) (local.get $c))))
        (local.set $c (f64x2.add (v128.load64_splat offset=88 (i32.const 0))
          (f64x2.mul (local.get $t) (local.get $c))))
        (local.set $c (f64x2.add (v128.load64_splat offset=96 (i32.const 0))
          (f64x2.mul (local.get $t) (local.get $c))))
        (local.set $c (f64x2.sub (local.get $r) (f64x2.mul (local.get $t) (local.get $c))))
        (local.set $r (f64x2.sub (v128.load64_splat offset=104 (i32.const 0)) (f64x2.sub
          (f64x2.sub (local.get $lo)
            (f64x2.div (f64x2.mul (local.get $r) (local.get $c)) (f64x2.sub (v128.load64_splat offset=112 (i32.const 0)) (local.get $c))))
          (local.get $hi))))
        ;; Times 2 to the k: its exponent is in the last bits of a number above 2^52.
        (local.set $r (f64x2.mul (local.get $r)
          (i64x2.shl (f64x2.add (local.get $k) (v128.load64_splat offset=120 (i32.const 0))) (i32.const 52))))
        (local.set $e (v128.bitselect (f64x2.add (v128.load64_splat offset=104 (i32.const 0)) (local.get $x)) (local.get $r)
          (f64x2.lt (local.get $size) (v128.load64_splat offset=128 (i32.const 0)))))
        (v128.store64_lane 0 (local.get $p) (f32x4.demote_f64x2_zero (local.get $e)))
        (local.set $sum (f64.add (local.get $sum) (f64x2.extract_lane 0 (local.get $e))))
        (if (i32.lt_u (i32.add (local.get $p) (i32.const 4)) (local.get $end))
          (then (local.set $sum (f64.add (local.get $sum) (f64x2.extract_lane 1 (local.get $e))))))
        (br_if $raise (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end))))
      (local.set $sums (f64x2.splat (local.get $sum)))
      (local.set $p (local.get $at))
      (loop $share
        (v128.store64_lane 0 (local.get $p)
          (f32x4.demote_f64x2_zero (f64x2.div (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $p))) (local.get $sums))))
        (br_if $share (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end))))
      (local.set $at (i32.add (local.get $at) (local.get $step)))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Rows become columns, by blocks of 16 of them: a block is columns x 16 numbers. Four by four; columns is a multiple of 4, and the
  ;; rows beyond the last one up to a multiple of 4 give garbage.
  (func (export "turn") (param $from i32) (param $step i32) (param $to i32) (param $rows i32) (param $columns i32)
    (local $r i32) (local $p i32) (local $q i32) (local $d i32) (local $a v128) (local $b v128) (local $c v128) (local $e v128)
    (local $ab v128) (local $ce v128)
    (loop $row
      (local.set $p (local.get $from))
      (local.set $q (i32.add (local.get $to) (i32.add
        (i32.mul (i32.shr_u (local.get $r) (i32.const 4)) (i32.shl (local.get $columns) (i32.const 6)))
        (i32.shl (i32.and (local.get $r) (i32.const 15)) (i32.const 2)))))
      (local.set $d (local.get $columns))
      (loop $next
        (local.set $a (v128.load (local.get $p)))
        (local.set $b (v128.load (i32.add (local.get $p) (local.get $step))))
        (local.set $c (v128.load (i32.add (local.get $p) (i32.shl (local.get $step) (i32.const 1)))))
        (local.set $e (v128.load (i32.add (local.get $p) (i32.mul (local.get $step) (i32.const 3)))))
        (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
        (local.set $ce (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $e)))
        (v128.store (local.get $q) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $ce)))
        (v128.store offset=64 (local.get $q)
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $ce)))
        (local.set $ab (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
        (local.set $ce (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $e)))
        (v128.store offset=128 (local.get $q) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $ce)))
        (v128.store offset=192 (local.get $q)
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $ce)))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $q (i32.add (local.get $q) (i32.const 256)))
        (br_if $next (local.tee $d (i32.sub (local.get $d) (i32.const 4)))))
      (local.set $from (i32.add (local.get $from) (i32.shl (local.get $step) (i32.const 2))))
      (br_if $row (i32.lt_u (local.tee $r (i32.add (local.get $r) (i32.const 4))) (local.get $rows)))))

  ;; Of n tokens and m more: band, by distance, where two of one side meet; bias plus six links times their coefficients, in float64, where
  ;; two of different sides do, in both places. band points to distance 0; the coefficients are six and the bias.
  (func (export "known") (param $out i32) (param $step i32) (param $n i32) (param $m i32) (param $band i32) (param $links i32)
    (param $by i32)
    (local $i i32) (local $j i32) (local $rows i32) (local $to i32) (local $p i32) (local $q i32) (local $value f32)
    (local $c0 f64) (local $c1 f64) (local $c2 f64) (local $c3 f64) (local $c4 f64) (local $c5 f64) (local $bias f64)
    (local.set $rows (i32.add (local.get $n) (local.get $m)))
    (loop $row
      (local.set $j (select (i32.const 0) (local.get $n) (i32.lt_u (local.get $i) (local.get $n))))
      (local.set $to (select (local.get $n) (local.get $rows) (i32.lt_u (local.get $i) (local.get $n))))
      (local.set $q (i32.add (i32.add (local.get $out) (i32.mul (local.get $i) (local.get $step))) (i32.shl (local.get $j) (i32.const 2))))
      (local.set $p (i32.add (local.get $band) (i32.shl (i32.sub (local.get $j) (local.get $i)) (i32.const 2))))
      (loop $near
        (f32.store (local.get $q) (f32.load (local.get $p)))
        (local.set $q (i32.add (local.get $q) (i32.const 4)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if $near (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $to))))
      (br_if $row (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rows))))
    (local.set $c0 (f64.promote_f32 (f32.load (local.get $by))))
    (local.set $c1 (f64.promote_f32 (f32.load offset=4 (local.get $by))))
    (local.set $c2 (f64.promote_f32 (f32.load offset=8 (local.get $by))))
    (local.set $c3 (f64.promote_f32 (f32.load offset=12 (local.get $by))))
    (local.set $c4 (f64.promote_f32 (f32.load offset=16 (local.get $by))))
    (local.set $c5 (f64.promote_f32 (f32.load offset=20 (local.get $by))))
    (local.set $bias (f64.promote_f32 (f32.load offset=24 (local.get $by))))
    (local.set $i (i32.const 0))
    (loop $mine
      (local.set $p (i32.add (local.get $out)
        (i32.add (i32.mul (local.get $i) (local.get $step)) (i32.shl (local.get $n) (i32.const 2)))))
      (local.set $q (i32.add (local.get $out)
        (i32.add (i32.mul (local.get $n) (local.get $step)) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $j (local.get $m))
      (loop $theirs
        (local.set $value (f32.demote_f64 (f64.add (f64.add (f64.add (f64.add (f64.add (f64.add (local.get $bias)
          (f64.mul (f64.promote_f32 (f32.load (local.get $links))) (local.get $c0)))
          (f64.mul (f64.promote_f32 (f32.load offset=4 (local.get $links))) (local.get $c1)))
          (f64.mul (f64.promote_f32 (f32.load offset=8 (local.get $links))) (local.get $c2)))
          (f64.mul (f64.promote_f32 (f32.load offset=12 (local.get $links))) (local.get $c3)))
          (f64.mul (f64.promote_f32 (f32.load offset=16 (local.get $links))) (local.get $c4)))
          (f64.mul (f64.promote_f32 (f32.load offset=20 (local.get $links))) (local.get $c5)))))
        (f32.store (local.get $p) (local.get $value))
        (f32.store (local.get $q) (local.get $value))
        (local.set $links (i32.add (local.get $links) (i32.const 24)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (local.get $step)))
        (br_if $theirs (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (br_if $mine (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))))
