//! Word-wise programs: what happens to batched ciphertexts between two key switches.
//!
//! Output word `w` depends only on input words `w`, so a program runs tile by tile, every input at
//! once, in cache; only its outputs (and the values asked for by taps) are written to memory.

use super::kernels::{Kernel, TILE_WORDS, Tile};
use super::{LinearMap, Modulus};
use crate::progress::{Cancel, Cancelled};
use rayon::prelude::*;
use std::sync::Arc;
use std::time::Instant;

/// One operation on all values at once. A value has parts: the polynomials of a ciphertext.
#[derive(Clone, Debug)]
pub enum WordOp {
    /// The map on every part, then a constant per output added to part 0.
    Linear {
        map: Arc<LinearMap>,
        /// One integer per output, the same in every word.
        constants: Vec<i64>,
    },
    /// Two parts `(x, y)` become `(x^2, 2xy, y^2)`.
    Square,
}

/// A sequence of operations on values of `parts` parts.
#[derive(Clone, Debug)]
pub struct WordProgram {
    ops: Vec<WordOp>,
    inputs: usize,
    parts: usize,
    /// (values, parts) after each operation.
    sizes: Vec<(usize, usize)>,
}

/// A value inside a program to be copied out: output `index` of operation `op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    pub op: usize,
    pub index: usize,
}

/// Rows of N words modulo one prime, `[value][part]`, to be written.
pub type RowsMut<'a> = Vec<Vec<&'a mut [u64]>>;

impl WordProgram {
    /// A program on `inputs` values of `parts` parts; `None` when operations do not fit: a map for
    /// another number of values, constants of another length, or a square of other than two parts.
    pub fn new(inputs: usize, parts: usize, ops: Vec<WordOp>) -> Option<Self> {
        let mut sizes = Vec::with_capacity(ops.len());
        let (mut values, mut now) = (inputs, parts);
        for op in &ops {
            match op {
                WordOp::Linear { map, constants } => {
                    if map.inputs() != values || constants.len() != map.outputs() {
                        return None;
                    }
                    values = map.outputs();
                }
                WordOp::Square => {
                    if now != 2 {
                        return None;
                    }
                    now = 3;
                }
            }
            sizes.push((values, now));
        }
        Some(Self { ops, inputs, parts, sizes })
    }

    /// The operations.
    pub fn ops(&self) -> &[WordOp] {
        &self.ops
    }

    /// Values and parts after the last operation.
    pub fn output(&self) -> (usize, usize) {
        self.sizes.last().copied().unwrap_or((self.inputs, self.parts))
    }

    /// Values and parts after operation `op`.
    pub fn size_after(&self, op: usize) -> (usize, usize) {
        self.sizes[op]
    }

    /// Runs the program modulo `q` on rows of N words, `inputs[part][value]`, in parallel over
    /// tiles, and writes the outputs and the taps. `tile_done` is told after each tile. N is a
    /// multiple of 32. Returns the seconds spent in each operation, summed over threads.
    ///
    /// # Panics
    /// When rows are missing or not of one length.
    #[expect(clippy::too_many_arguments, reason = "one call, all of them different things")]
    pub fn run(
        &self,
        kernel: Kernel,
        q: Modulus,
        inputs: &[Vec<&[u64]>],
        outputs: RowsMut,
        taps: &[Tap],
        tapped: RowsMut,
        cancel: &Cancel,
        tile_done: &(dyn Fn() + Sync),
    ) -> Result<Vec<f64>, Cancelled> {
        let n = inputs.first().and_then(|p| p.first()).map_or(0, |row| row.len());
        let whole = inputs.len() == self.parts
            && inputs.iter().all(|p| p.len() == self.inputs && p.iter().all(|r| r.len() == n));
        assert!(whole && n.is_multiple_of(TILE_WORDS), "rows of one length for every input");
        let tiles: Vec<TileResult> = (0..n / TILE_WORDS)
            .into_par_iter()
            .map_init(Scratch::default, |scratch, tile| {
                cancel.check()?;
                let result = self.run_tile(kernel, q, inputs, taps, tile, scratch);
                tile_done();
                Ok(result)
            })
            .collect::<Result<_, Cancelled>>()?;
        write(outputs, &tiles, &|tile, value, part| &tile.parts[part][value]);
        write(tapped, &tiles, &|tile, tap, part| &tile.taps[tap][part]);
        let mut op_secs = vec![0.0; self.ops.len()];
        for tile in &tiles {
            op_secs.iter_mut().zip(&tile.op_secs).for_each(|(sum, s)| *sum += s);
        }
        Ok(op_secs)
    }

    fn run_tile(
        &self,
        kernel: Kernel,
        q: Modulus,
        inputs: &[Vec<&[u64]>],
        taps: &[Tap],
        tile: usize,
        scratch: &mut Scratch,
    ) -> TileResult {
        let words = tile * TILE_WORDS..(tile + 1) * TILE_WORDS;
        let mut op_secs = vec![0.0; self.ops.len()];
        let mut started = Instant::now();
        let Scratch { now, next } = scratch;
        resize(now, self.parts, self.inputs);
        for (part, rows) in now.iter_mut().zip(inputs) {
            for (tile, row) in part.iter_mut().zip(rows) {
                tile.0.copy_from_slice(&row[words.clone()]);
            }
        }
        let mut tapped: Vec<Vec<Tile>> = vec![Vec::new(); taps.len()];
        for (at, op) in self.ops.iter().enumerate() {
            let (values, parts) = self.sizes[at];
            resize(next, parts, values);
            match op {
                WordOp::Linear { map, constants } => {
                    for (x, out) in now.iter().zip(next.iter_mut()) {
                        map.apply(kernel, q, x, out);
                    }
                    for (tile, constant) in next[0].iter_mut().zip(constants) {
                        if *constant != 0 {
                            let c = q.reduce_signed(*constant);
                            tile.0.iter_mut().for_each(|w| *w = q.add(*w, c));
                        }
                    }
                }
                WordOp::Square => {
                    if let ([x, y, ..], [a, b, c, ..]) = (now.as_slice(), next.as_mut_slice()) {
                        kernel.square(q, x, y, [a, b, c]);
                    }
                }
            }
            for (tap, kept) in taps.iter().zip(&mut tapped) {
                if tap.op == at {
                    kept.extend(next.iter().map(|part| part[tap.index]));
                }
            }
            std::mem::swap(now, next);
            let ended = Instant::now();
            op_secs[at] = (ended - started).as_secs_f64();
            started = ended;
        }
        TileResult { parts: now.clone(), taps: tapped, op_secs }
    }
}

/// Copies tiles into the rows they belong to.
fn write(
    rows: RowsMut,
    tiles: &[TileResult],
    pick: &(dyn for<'t> Fn(&'t TileResult, usize, usize) -> &'t Tile + Sync),
) {
    rows.into_par_iter().enumerate().for_each(|(value, parts)| {
        for (part, row) in parts.into_iter().enumerate() {
            for (words, tile) in row.chunks_exact_mut(TILE_WORDS).zip(tiles) {
                words.copy_from_slice(&pick(tile, value, part).0);
            }
        }
    });
}

/// Buffers of one thread, `[part][value]`.
#[derive(Default)]
struct Scratch {
    now: Vec<Vec<Tile>>,
    next: Vec<Vec<Tile>>,
}

struct TileResult {
    parts: Vec<Vec<Tile>>,
    taps: Vec<Vec<Tile>>,
    op_secs: Vec<f64>,
}

fn resize(buffer: &mut Vec<Vec<Tile>>, parts: usize, values: usize) {
    buffer.resize_with(parts, Vec::new);
    for part in buffer {
        part.resize(values, Tile::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Row, ntt_primes};

    fn dense(inputs: usize, outputs: usize) -> Arc<LinearMap> {
        let columns: Arc<[u32]> = (0..inputs as u32).collect();
        let rows: Vec<Row> = (0..outputs)
            .map(|r| Row {
                columns: Arc::clone(&columns),
                weights: (0..inputs).map(|c| ((r * 5 + c * 3) % 15) as i32 - 7).collect(),
            })
            .collect();
        Arc::new(LinearMap::new(inputs, &rows, 48).unwrap())
    }

    fn rows_mut(values: &mut [Vec<Vec<u64>>]) -> RowsMut<'_> {
        values.iter_mut().map(|v| v.iter_mut().map(Vec::as_mut_slice).collect()).collect()
    }

    #[test]
    fn a_program_does_to_each_word_what_polynomials_in_the_secret_do() {
        let q = Modulus::new(ntt_primes(48, 64, 1, &[])[0]).unwrap();
        let (n, inputs) = (64, 5);
        let rows: Vec<Vec<Vec<u64>>> = (0..2u64)
            .map(|p| {
                (0..5u64)
                    .map(|i| {
                        (0..64u64).map(|w| q.reduce((p * 71 + i * 13 + w + 1).pow(7))).collect()
                    })
                    .collect()
            })
            .collect();
        let views: Vec<Vec<&[u64]>> =
            rows.iter().map(|p| p.iter().map(Vec::as_slice).collect()).collect();
        let (first, second) = (dense(inputs, 4), dense(4, 3));
        let ops = vec![
            WordOp::Linear { map: first, constants: vec![3, -4, 0, 5] },
            WordOp::Square,
            WordOp::Linear { map: second, constants: vec![-1, 0, 7] },
        ];
        let program = WordProgram::new(inputs, 2, ops).unwrap();
        assert_eq!(program.output(), (3, 3));
        let taps = [Tap { op: 0, index: 2 }, Tap { op: 1, index: 1 }];
        // At a point s the value of a ciphertext word is c0 + c1 s + c2 s^2.
        let s = 987_654_321;
        let at = |parts: &[Vec<u64>], w: usize| {
            parts.iter().rev().fold(0, |acc, p| q.add(q.mul(acc, s), p[w]))
        };
        for kernel in Kernel::available() {
            let done = std::sync::atomic::AtomicUsize::new(0);
            let tick = || {
                done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            };
            let mut values = vec![vec![vec![0u64; n]; 3]; 3];
            let mut tapped = vec![vec![vec![0u64; n]; 2], vec![vec![0u64; n]; 3]];
            let (outputs, tap_rows) = (rows_mut(&mut values), rows_mut(&mut tapped));
            let cancel = Cancel::default();
            program.run(kernel, q, &views, outputs, &taps, tap_rows, &cancel, &tick).unwrap();
            assert_eq!(done.into_inner(), 2);
            (0..n).for_each(|w| {
                let x: Vec<u64> =
                    (0..inputs).map(|i| q.add(rows[0][i][w], q.mul(rows[1][i][w], s))).collect();
                let linear = |x: &[u64], outputs: usize, constants: &[i64]| -> Vec<u64> {
                    (0..outputs)
                        .map(|r| {
                            x.iter().enumerate().fold(
                                q.reduce_signed(constants[r]),
                                |acc, (c, x)| {
                                    q.add(
                                        acc,
                                        q.mul(
                                            *x,
                                            q.reduce_signed(((r * 5 + c * 3) % 15) as i64 - 7),
                                        ),
                                    )
                                },
                            )
                        })
                        .collect()
                };
                let h = linear(&x, 4, &[3, -4, 0, 5]);
                assert_eq!(at(&tapped[0], w), h[2]);
                let h: Vec<u64> = h.iter().map(|v| q.mul(*v, *v)).collect();
                assert_eq!(at(&tapped[1], w), h[1]);
                let y = linear(&h, 3, &[-1, 0, 7]);
                for (value, expected) in values.iter().zip(y) {
                    assert_eq!(at(value, w), expected);
                }
            });
        }
    }

    #[test]
    fn programs_that_do_not_fit_are_refused() {
        let linear = |map, constants| WordOp::Linear { map, constants };
        assert!(WordProgram::new(3, 2, vec![linear(dense(4, 2), vec![0; 2])]).is_none());
        assert!(WordProgram::new(4, 2, vec![linear(dense(4, 2), vec![0; 3])]).is_none());
        assert!(WordProgram::new(4, 2, vec![WordOp::Square, WordOp::Square]).is_none());
    }

    #[test]
    fn a_cancelled_program_stops() {
        let q = Modulus::new(ntt_primes(48, 64, 1, &[])[0]).unwrap();
        let row = vec![1u64; 64];
        let program = WordProgram::new(1, 2, vec![WordOp::Square]).unwrap();
        let cancel = Cancel::default();
        cancel.cancel();
        let inputs = [vec![row.as_slice()], vec![row.as_slice()]];
        let mut values = vec![vec![vec![0u64; 64]; 3]];
        let outputs = rows_mut(&mut values);
        let result =
            program.run(Kernel::Portable, q, &inputs, outputs, &[], Vec::new(), &cancel, &|| ());
        assert_eq!(result, Err(Cancelled));
    }
}
