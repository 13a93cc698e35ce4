//! Word-wise operations the slow way: one word at a time, on residues.

use ring::{Modulus, Row};

/// What a word-wise program does to all values; see [`ring::WordOp`].
#[derive(Clone, Debug)]
pub enum ExactOp {
    /// The rows on every component, then an integer per output added to component 0.
    Linear { rows: Vec<Row>, constants: Vec<i64> },
    /// Two components `(x, y)` become `(x^2, 2xy, y^2)`.
    Square,
}

/// One word of every output, `[output][component]`, from that word of every input.
pub fn run(ops: &[ExactOp], q: Modulus, inputs: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    ops.iter().fold(inputs, |x, op| match op {
        ExactOp::Square => x.iter().map(|v| square(q, v)).collect(),
        ExactOp::Linear { rows, constants } => {
            let row = |(row, constant): (&Row, &i64)| linear(q, row, *constant, &x);
            rows.iter().zip(constants).map(row).collect()
        }
    })
}

fn square(q: Modulus, components: &[u64]) -> Vec<u64> {
    let [x, y] = components else { return Vec::new() };
    let xy = q.mul(*x, *y);
    vec![q.mul(*x, *x), q.add(xy, xy), q.mul(*y, *y)]
}

fn linear(q: Modulus, row: &Row, constant: i64, x: &[Vec<u64>]) -> Vec<u64> {
    let components = x.first().map_or(0, Vec::len);
    let component = |component: usize| {
        let terms = row.columns.iter().zip(&row.weights);
        // Residues below 2^50 times 32-bit weights: no sum of less than 2^45 terms is too large.
        let sum: i128 =
            terms.map(|(c, w)| i128::from(x[*c as usize][component]) * i128::from(*w)).sum();
        let constant = if component == 0 { i128::from(constant) } else { 0 };
        (sum + constant).rem_euclid(i128::from(q.value())) as u64
    };
    (0..components).map(component).collect()
}
