//! Training on encrypted data: its primitives, and the secure part of whole mini-batches.

use super::harness::{BenchError, Harness, demand};
use super::measurement::{Measurement, Timing};
use functional::feip::{Ciphertexts, Encryptor, FeipError, FunctionKey, MasterKey};
use functional::group::DlogTable;
use progress::Cancel;
use ring::{Kernel, Seed};

/// Inputs are from 0 to this, as pixels with two decimals are.
const MAX_INPUT: i32 = 100;

/// Weights of a first layer with two decimals, and integers of the backward pass.
const MAX_WEIGHT: i32 = 25;
const MAX_DELTA: i32 = 100;

/// Baby steps of the table, as a logarithm.
const TABLE_BITS: u32 = 20;

/// One pass over ciphertexts: so many vectors of so many values times so many rows.
struct Pass {
    what: &'static str,
    vectors: usize,
    len: usize,
    rows: usize,
    max: i32,
    /// Share of zeros among the weights of a row, of eight.
    zeros: u64,
}

/// A mini-batch of 60 of 784-128-32-10, forward and backward.
const MINI_BATCH: [Pass; 2] = [
    Pass { what: "forward", vectors: 60, len: 784, rows: 128, max: MAX_WEIGHT, zeros: 0 },
    Pass { what: "backward", vectors: 784, len: 60, rows: 128, max: MAX_DELTA, zeros: 4 },
];

/// The first convolution of a network like LeNet-5 on one image: 6 filters 5x5, padding 2.
const CONVOLUTION: [Pass; 2] = [
    Pass { what: "forward", vectors: 784, len: 25, rows: 6, max: MAX_WEIGHT, zeros: 0 },
    Pass { what: "backward", vectors: 25, len: 784, rows: 6, max: MAX_DELTA, zeros: 6 },
];

/// A pass made ready.
struct Ready {
    encryptor: Encryptor,
    vectors: Vec<Vec<i32>>,
    rows: Vec<Vec<i32>>,
    keys: Vec<FunctionKey>,
    ciphertexts: Ciphertexts,
    expected: Vec<i64>,
}

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let table = DlogTable::new(Kernel::best(), TABLE_BITS);
    group(harness, "cryptonn mini-batch 784-128", &MINI_BATCH, &table, "mini-batches")?;
    group(harness, "cryptonn convolution 6x5x5", &CONVOLUTION, &table, "images")
}

fn refused(error: FeipError) -> BenchError {
    BenchError::Refused(error.to_string())
}

/// Encryption, and what the server does, of the passes together.
fn group(
    harness: &mut Harness,
    what: &str,
    passes: &[Pass],
    table: &DlogTable,
    unit: &str,
) -> Result<(), BenchError> {
    let seed = Seed::from_number(harness.options.seed);
    // A repetition takes less than a second.
    let never = Cancel::default();
    let ready: Vec<Ready> = passes
        .iter()
        .enumerate()
        .map(|(at, pass)| pass.ready(&seed.derive(pass.what, at as u64)))
        .collect::<Result<_, _>>()
        .map_err(refused)?;
    let name = format!("{what} encryption");
    let elements: usize = ready.iter().map(|r| r.ciphertexts.byte_len() / 32).sum();
    let encrypt = || -> Result<Vec<Ciphertexts>, FeipError> {
        ready.iter().map(|r| r.encryptor.encrypt(&r.vectors, &seed, &never)).collect()
    };
    let (timing, made) = harness.time(&name, || (), |()| Ok(encrypt()))?;
    let made = made.map_err(refused)?;
    let sizes = made.iter().zip(&ready).all(|(m, r)| m.byte_len() == r.ciphertexts.byte_len());
    demand(sizes, &name, || "ciphertexts of another size".into())?;
    let measurement = Measurement::new(&name, &timing, 1.0, unit)
        .found("group_elements", elements)
        .found("secs_per_element", timing.median() / elements as f64)
        .checked_by("sizes here; the same ciphertexts are decrypted for the next figures");
    harness.emit(measurement)?;
    let name = format!("{what} server");
    let serve =
        || -> Result<Vec<Vec<i64>>, FeipError> { ready.iter().map(|r| r.serve(table)).collect() };
    let (timing, values) = harness.time(&name, || (), |()| Ok(serve()))?;
    let values = values.map_err(refused)?;
    let right = values.iter().zip(&ready).all(|(values, r)| *values == r.expected);
    demand(right, &name, || "an inner product differs from direct computation".into())?;
    let products: usize = values.iter().map(Vec::len).sum();
    let measurement = served(&name, &timing, unit)
        .found("inner_products", products)
        .found("secs_per_product", timing.median() / products as f64);
    harness.emit(measurement)
}

/// Checking of points, products, logarithms.
fn served(name: &str, timing: &Timing, unit: &str) -> Measurement {
    Measurement::new(name, timing, 1.0, unit)
        .with("table_bits", TABLE_BITS)
        .checked_by("every inner product against direct computation")
}

impl Pass {
    fn ready(&self, seed: &Seed) -> Result<Ready, FeipError> {
        let mut stream = seed.stream(1);
        let mut number = |low: i32, high: i32| {
            low + (stream.next_u64() % (high - low + 1).unsigned_abs() as u64) as i32
        };
        let vectors: Vec<Vec<i32>> = (0..self.vectors)
            .map(|_| (0..self.len).map(|_| number(0, MAX_INPUT)).collect())
            .collect();
        let mut weight = || {
            let zero = (number(0, 7) as u64) < self.zeros;
            let value = number(-self.max, self.max);
            if zero { 0 } else { value }
        };
        let rows: Vec<Vec<i32>> =
            (0..self.rows).map(|_| (0..self.len).map(|_| weight()).collect()).collect();
        let (master, public) = MasterKey::generate(seed, self.len)?;
        let encryptor = Encryptor::new(Kernel::best(), &public, MAX_INPUT)?;
        let ciphertexts =
            encryptor.encrypt(&vectors, &seed.derive("data", 0), &Cancel::default())?;
        let keys = master.derive(&rows)?;
        let dot = |x: &[i32], y: &[i32]| -> i64 {
            x.iter().zip(y).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum()
        };
        let expected = vectors.iter().flat_map(|x| rows.iter().map(|y| dot(x, y))).collect();
        Ok(Ready { encryptor, vectors, rows, keys, ciphertexts, expected })
    }
}

impl Ready {
    fn serve(&self, table: &DlogTable) -> Result<Vec<i64>, FeipError> {
        let sum = |row: &Vec<i32>| row.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
        let bound = self.rows.iter().map(sum).max().unwrap_or(0) * MAX_INPUT as u64;
        let cancel = Cancel::default();
        let set = self.ciphertexts.decode(Kernel::best(), &cancel)?;
        set.products(&self.rows, &self.keys, &cancel)?.decrypt(table, bound, &cancel)
    }
}
