//! Word-wise programs: what happens to batched ciphertexts between two key switches.
//!
//! Output word `w` depends only on input words `w`, so a program runs tile by tile, every input at
//! once, in cache; only its outputs (and the values asked for by probes) are written to memory.

use super::kernels::{Kernel, TILE_WORDS, Tile};
use super::{Blocks, LinearMap, LinearScratch, Modulus, Panels, Seed};
use progress::{Cancel, Cancelled};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// One operation on all values at once. A value has components: the polynomials of a ciphertext.
#[derive(Clone, Debug)]
pub enum WordOp {
    /// The map on every component, then a constant per output added to component 0.
    Linear {
        map: Arc<LinearMap>,
        /// One integer per output, the same in every word.
        constants: Vec<i64>,
    },
    /// Two components `(x, y)` become `(x^2, 2xy, y^2)`.
    Square,
    /// The same of the first `count` values; components of the others are multiplied by `carry`, with a
    /// zero as the third.
    SquareFirst { count: usize, carry: i64 },
}

impl WordOp {
    /// How many of `values` values it squares.
    fn squares(&self, values: usize) -> usize {
        match self {
            Self::Linear { .. } => 0,
            Self::Square => values,
            Self::SquareFirst { count, .. } => *count,
        }
    }
}

/// A sequence of operations on values of `components` components.
#[derive(Clone, Debug)]
pub struct WordProgram {
    ops: Vec<WordOp>,
    inputs: usize,
    components: usize,
    /// (values, components) after each operation.
    sizes: Vec<(usize, usize)>,
    /// Buffers of threads that are between two pieces of work.
    idle: Idle,
}

/// Buffers to be used again. Copies of a program have their own.
#[derive(Default)]
struct Idle(Mutex<Vec<Scratch>>);

impl Clone for Idle {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle(..)")
    }
}

/// Buffers in use; they go back when dropped.
struct Borrowed<'a> {
    scratch: Scratch,
    idle: &'a Idle,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Ok(mut idle) = self.idle.0.lock() {
            idle.push(std::mem::take(&mut self.scratch));
        }
    }
}

/// A value inside a program to be copied out: output `index` of operation `op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub op: usize,
    pub index: usize,
}

/// Where the words of one component of the inputs come from, modulo one prime.
pub enum Source<'a> {
    /// Rows of N words, one per input.
    Rows(Vec<&'a [u64]>),
    /// Prime number `j` of interleaved polynomials.
    Panels { panels: &'a Panels, j: usize },
    /// Uniform residues: one stream of the seed per input (see [`Seed::uniform`]). They are made
    /// where they are used and never stored.
    Uniform { seed: &'a Seed, streams: Vec<u64> },
}

impl Source<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Panels { panels, .. } => panels.len(),
            Self::Uniform { streams, .. } => streams.len(),
        }
    }

    fn load(&self, kernel: Kernel, q: Modulus, tile: usize, blocks: &mut Blocks, out: &mut [Tile]) {
        match self {
            Self::Rows(rows) => {
                for (out, row) in out.iter_mut().zip(rows) {
                    out.0 = row.as_chunks().0[tile];
                }
            }
            Self::Panels { panels, j } => panels.tile(*j, tile, out),
            Self::Uniform { seed, streams } => {
                seed.uniform_tiles(kernel, q, streams.iter().copied(), tile, blocks, out);
            }
        }
    }
}

/// Rows of N words modulo one prime, `[value][component]`, to be written.
pub type RowsMut<'a> = Vec<Vec<&'a mut [u64]>>;

impl WordProgram {
    /// A program on `inputs` values of `components` components; `None` when operations do not fit: a map for
    /// another number of values, constants of another length, or a square of other than two components or of more values than there are.
    pub fn new(inputs: usize, components: usize, ops: Vec<WordOp>) -> Option<Self> {
        let mut sizes = Vec::with_capacity(ops.len());
        let (mut values, mut now) = (inputs, components);
        for op in &ops {
            match op {
                WordOp::Linear { map, constants } => {
                    if map.inputs() != values || constants.len() != map.outputs() {
                        return None;
                    }
                    values = map.outputs();
                }
                WordOp::Square | WordOp::SquareFirst { .. } => {
                    if now != 2 || op.squares(values) > values {
                        return None;
                    }
                    now = 3;
                }
            }
            sizes.push((values, now));
        }
        Some(Self { ops, inputs, components, sizes, idle: Idle::default() })
    }

    /// The operations.
    pub fn ops(&self) -> &[WordOp] {
        &self.ops
    }

    /// Values and components after the last operation.
    pub fn output(&self) -> (usize, usize) {
        self.sizes.last().copied().unwrap_or((self.inputs, self.components))
    }

    /// Values and components after operation `op`.
    pub fn size_after(&self, op: usize) -> (usize, usize) {
        self.sizes[op]
    }

    /// Runs the program modulo `q` on words `0..n` of `inputs`, one source per component, in parallel over
    /// tiles, and writes the outputs and the probes. `tile_done` is told after each tile. N is a
    /// multiple of 32. Returns the seconds spent in each operation, summed over threads.
    ///
    /// # Panics
    /// When sources or rows are missing or not of one length.
    #[expect(clippy::too_many_arguments, reason = "one call, all of them different things")]
    pub fn run(
        &self,
        kernel: Kernel,
        q: Modulus,
        n: usize,
        inputs: &[Source],
        outputs: RowsMut,
        probes: &[Probe],
        tapped: RowsMut,
        cancel: &Cancel,
        tile_done: &(dyn Fn() + Sync),
    ) -> Result<Vec<f64>, Cancelled> {
        let whole = inputs.len() == self.components
            && inputs.iter().all(|source| source.len() == self.inputs);
        assert!(whole && n.is_multiple_of(TILE_WORDS), "a source for every part and input");
        let tiles = n / TILE_WORDS;
        let (outputs, tapped) = (by_tiles(outputs, tiles), by_tiles(tapped, tiles));
        let secs: Vec<Vec<f64>> = outputs
            .into_par_iter()
            .zip(tapped)
            .enumerate()
            .map_init(
                || self.borrow(),
                |borrowed, (tile, (mut outputs, mut tapped))| {
                    cancel.check()?;
                    let scratch = &mut borrowed.scratch;
                    let secs = self.run_tile(kernel, q, inputs, probes, tile, &mut tapped, scratch);
                    let (values, components) = self.output();
                    let components = &scratch.now[..components];
                    let written = (0..values).flat_map(|v| components.iter().map(move |p| &p[v]));
                    let to = outputs.iter_mut().filter_map(|to| to.as_chunks_mut().0.first_mut());
                    kernel.put_away(written.map(|tile| &tile.0).zip(to));
                    tile_done();
                    Ok(secs)
                },
            )
            .collect::<Result<_, Cancelled>>()?;
        let mut op_secs = vec![0.0; self.ops.len()];
        for tile in &secs {
            op_secs.iter_mut().zip(tile).for_each(|(sum, s)| *sum += s);
        }
        Ok(op_secs)
    }

    /// Buffers with room for every operation.
    fn borrow(&self) -> Borrowed<'_> {
        let idle = self.idle.0.lock().ok().and_then(|mut idle| idle.pop());
        Borrowed { scratch: idle.unwrap_or_else(|| Scratch::new(self)), idle: &self.idle }
    }

    /// Leaves the outputs in `scratch.now`; writes the probes; returns the seconds of each operation.
    #[expect(clippy::too_many_arguments, reason = "what `run` was called with, and one tile")]
    fn run_tile(
        &self,
        kernel: Kernel,
        q: Modulus,
        inputs: &[Source],
        probes: &[Probe],
        tile: usize,
        tapped: &mut [&mut [u64]],
        scratch: &mut Scratch,
    ) -> Vec<f64> {
        let mut op_secs = vec![0.0; self.ops.len()];
        let mut started = Instant::now();
        let Scratch { now, next, linear, blocks } = scratch;
        for (component, source) in now.iter_mut().zip(inputs) {
            source.load(kernel, q, tile, blocks, &mut component[..self.inputs]);
        }
        let mut values = self.inputs;
        for (at, op) in self.ops.iter().enumerate() {
            let values_before = values;
            let components = self.sizes[at].1;
            values = self.sizes[at].0;
            match op {
                WordOp::Linear { map, constants } => {
                    for (x, out) in now.iter().zip(next.iter_mut()).take(components) {
                        map.apply(kernel, q, &x[..values_before], &mut out[..values], linear);
                    }
                    for (tile, constant) in next[0].iter_mut().zip(constants) {
                        if *constant != 0 {
                            kernel.add_scalar(q, tile, q.reduce_signed(*constant));
                        }
                    }
                }
                WordOp::Square | WordOp::SquareFirst { .. } => {
                    if let ([x, y, ..], [a, b, c]) = (now.as_slice(), next.as_mut_slice()) {
                        let first = op.squares(values);
                        let carry = match op {
                            WordOp::SquareFirst { carry, .. } => q.reduce_signed(*carry),
                            _ => 1,
                        };
                        let out = [&mut a[..first], &mut b[..first], &mut c[..first]];
                        kernel.square(q, &x[..first], &y[..first], out);
                        let factor = Tile([carry; TILE_WORDS]);
                        for (from, to) in [(x, a), (y, b)] {
                            for (from, to) in from[first..values].iter().zip(&mut to[first..]) {
                                *to = Tile::ZERO;
                                kernel.dot(q, &mut to.0, &[(&from.0, &factor.0)]);
                            }
                        }
                        c[first..values].fill(Tile::ZERO);
                    }
                }
            }
            let mut rest = &mut *tapped;
            for probe in probes {
                let (rows, later) = rest.split_at_mut(self.sizes[probe.op].1.min(rest.len()));
                if probe.op == at {
                    for (row, component) in rows.iter_mut().zip(next.iter()) {
                        row.copy_from_slice(&component[probe.index].0);
                    }
                }
                rest = later;
            }
            std::mem::swap(now, next);
            let ended = Instant::now();
            op_secs[at] = (ended - started).as_secs_f64();
            started = ended;
        }
        op_secs
    }
}

/// Cuts rows into tiles: for each tile its words in every row, value after value, component after component.
fn by_tiles(rows: RowsMut<'_>, tiles: usize) -> Vec<Vec<&mut [u64]>> {
    let count = rows.iter().map(Vec::len).sum();
    let mut by_tile: Vec<Vec<&mut [u64]>> = (0..tiles).map(|_| Vec::with_capacity(count)).collect();
    for row in rows.into_iter().flatten() {
        assert!(row.len() == tiles * TILE_WORDS, "rows of N words");
        for (tile, words) in by_tile.iter_mut().zip(row.chunks_exact_mut(TILE_WORDS)) {
            tile.push(words);
        }
    }
    by_tile
}

/// Buffers of one thread, `[component][value]`, with room for the largest operation.
#[derive(Default)]
struct Scratch {
    now: Vec<Vec<Tile>>,
    next: Vec<Vec<Tile>>,
    linear: LinearScratch,
    blocks: Blocks,
}

impl Scratch {
    fn new(program: &WordProgram) -> Self {
        let sizes = program.sizes.iter().copied().chain([(program.inputs, program.components)]);
        let (values, components) = sizes.fold((0, 0), |m, s| (m.0.max(s.0), m.1.max(s.1)));
        let buffer = vec![vec![Tile::ZERO; values]; components];
        let (linear, blocks) = Default::default();
        Self { now: buffer.clone(), next: buffer, linear, blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Row, ntt_primes};

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
        let views: Vec<Source> =
            rows.iter().map(|p| Source::Rows(p.iter().map(Vec::as_slice).collect())).collect();
        let (first, second) = (dense(inputs, 4), dense(4, 3));
        let ops = vec![
            WordOp::Linear { map: first, constants: vec![3, -4, 0, 5] },
            WordOp::SquareFirst { count: 3, carry: 1 << 40 },
            WordOp::Linear { map: second, constants: vec![-1, 0, 7] },
        ];
        let program = WordProgram::new(inputs, 2, ops).unwrap();
        assert_eq!(program.output(), (3, 3));
        let probes = [0, 1, 1].into_iter().zip([2, 1, 3]);
        let probes: Vec<_> = probes.map(|(op, index)| Probe { op, index }).collect();
        // At a point s the value of a ciphertext word is c0 + c1 s + c2 s^2.
        let s = 987_654_321;
        let at = |components: &[Vec<u64>], w: usize| {
            components.iter().rev().fold(0, |acc, p| q.add(q.mul(acc, s), p[w]))
        };
        for kernel in Kernel::available() {
            let done = std::sync::atomic::AtomicUsize::new(0);
            let tick = || {
                done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            };
            let mut values = vec![vec![vec![0u64; n]; 3]; 3];
            let mut tapped = [2, 3, 3].map(|count| vec![vec![0u64; n]; count]);
            let (outputs, tap_rows) = (rows_mut(&mut values), rows_mut(&mut tapped));
            let cancel = Cancel::default();
            program.run(kernel, q, n, &views, outputs, &probes, tap_rows, &cancel, &tick).unwrap();
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
                // The last value is carried.
                let after = |(i, v): (usize, &u64)| q.mul(*v, if i < 3 { *v } else { 1 << 40 });
                let h: Vec<u64> = h.iter().enumerate().map(after).collect();
                assert_eq!([at(&tapped[1], w), at(&tapped[2], w)], [h[1], h[3]]);
                assert!(tapped[2][2].iter().all(|word| *word == 0));
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
        let more = WordOp::SquareFirst { count: 5, carry: 1 };
        assert!(WordProgram::new(4, 2, vec![more]).is_none());
    }

    #[test]
    fn a_cancelled_program_stops() {
        let q = Modulus::new(ntt_primes(48, 64, 1, &[])[0]).unwrap();
        let row = vec![1u64; 64];
        let program = WordProgram::new(1, 2, vec![WordOp::Square]).unwrap();
        let cancel = Cancel::default();
        cancel.cancel();
        let inputs = [Source::Rows(vec![row.as_slice()]), Source::Rows(vec![row.as_slice()])];
        let mut values = vec![vec![vec![0u64; 64]; 3]];
        let outputs = rows_mut(&mut values);
        let result = program.run(
            Kernel::Portable,
            q,
            64,
            &inputs,
            outputs,
            &[],
            Vec::new(),
            &cancel,
            &|| (),
        );
        assert_eq!(result, Err(Cancelled));
    }
}
