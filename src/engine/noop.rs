//! Programs on plain integers modulo t, and on plain real numbers: the same pipelines without any
//! cryptography, for tests.

use super::scheme::{EngineError, Evaluated, Evaluation, Measured, Probed, Scheme};
use circuit::{Circuit, IntegerLayer, RealCircuit, RealLayer, StageProbe};
use progress::Watch;
use ring::{Modulus, Seed};
use wire::{Reader, Writer};

/// Runs a circuit in the clear.
pub enum Noop {}

/// Runs a circuit on real numbers in the clear.
pub enum RealNoop {}

/// What stands in the place of a secret, so that the types of client and server stay apart.
pub struct NoSecret;

/// What stands in the place of evaluation keys.
pub struct NoKeys;

/// A value per slot, for each ciphertext.
type Vectors<V> = Vec<Vec<V>>;

impl Scheme for Noop {
    type Value = i64;
    type Parameters = Modulus;
    type Program = Circuit;
    type Secret = NoSecret;
    type Keys = NoKeys;
    type Inputs = Vectors<i64>;
    type Outputs = Vectors<i64>;
    type Ciphertext = Vec<i64>;

    fn secret(_: &Modulus, _: usize, _: &Seed) -> Result<NoSecret, EngineError> {
        Ok(NoSecret)
    }

    fn evaluation_keys(
        _: &Modulus,
        _: &NoSecret,
        _: usize,
        _: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        watch.check()?;
        Ok(Vec::new())
    }

    fn encrypt(
        _: &Modulus,
        _: &NoSecret,
        vectors: &[Vec<i64>],
        _: &Seed,
        watch: &Watch,
    ) -> Result<Vectors<i64>, EngineError> {
        watch.check()?;
        Ok(vectors.to_vec())
    }

    fn fresh(_: &Modulus, inputs: &Vectors<i64>, index: usize) -> Option<Vec<i64>> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        t: &Modulus,
        circuit: &Circuit,
        _: &NoKeys,
        inputs: Vectors<i64>,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let each = |layer: &IntegerLayer, values: &Vectors<i64>| apply(*t, layer, values);
        run(circuit.network.layers(), &circuit.probes, inputs, following, each)
    }

    fn decrypt(
        _: &Modulus,
        _: &NoSecret,
        outputs: &Vectors<i64>,
    ) -> Result<(Vectors<i64>, f64), EngineError> {
        Ok((outputs.clone(), f64::INFINITY))
    }

    fn measure(
        _: &Modulus,
        _: &NoSecret,
        ciphertext: &Vec<i64>,
    ) -> Result<Measured<i64>, EngineError> {
        Ok(Measured { values: ciphertext.clone(), margin_bits: f64::INFINITY })
    }

    fn read_keys(_: &Modulus, _: &[u8], _: &Watch) -> Result<NoKeys, EngineError> {
        Ok(NoKeys)
    }

    fn write_inputs(_: &Modulus, inputs: &Vectors<i64>, out: &mut Vec<u8>) {
        write(inputs, |v| v.to_le_bytes(), out);
    }

    fn read_inputs(_: &Modulus, bytes: &[u8]) -> Result<Vectors<i64>, EngineError> {
        read(bytes, i64::from_le_bytes)
    }

    fn write_outputs(_: &Modulus, outputs: &Vectors<i64>, out: &mut Vec<u8>) {
        write(outputs, |v| v.to_le_bytes(), out);
    }

    fn read_outputs(_: &Modulus, bytes: &[u8]) -> Result<Vectors<i64>, EngineError> {
        read(bytes, i64::from_le_bytes)
    }
}

impl Scheme for RealNoop {
    type Value = f64;
    type Parameters = ();
    type Program = RealCircuit;
    type Secret = NoSecret;
    type Keys = NoKeys;
    type Inputs = Vectors<f64>;
    type Outputs = Vectors<f64>;
    type Ciphertext = Vec<f64>;

    fn secret(_: &(), _: usize, _: &Seed) -> Result<NoSecret, EngineError> {
        Ok(NoSecret)
    }

    fn evaluation_keys(
        _: &(),
        _: &NoSecret,
        _: usize,
        _: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        watch.check()?;
        Ok(Vec::new())
    }

    fn encrypt(
        _: &(),
        _: &NoSecret,
        vectors: &[Vec<f64>],
        _: &Seed,
        watch: &Watch,
    ) -> Result<Vectors<f64>, EngineError> {
        watch.check()?;
        Ok(vectors.to_vec())
    }

    fn fresh(_: &(), inputs: &Vectors<f64>, index: usize) -> Option<Vec<f64>> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        _: &(),
        circuit: &RealCircuit,
        _: &NoKeys,
        inputs: Vectors<f64>,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let each = |layer: &RealLayer, values: &Vectors<f64>| apply_real(layer, values);
        run(circuit.network.layers(), &circuit.probes, inputs, following, each)
    }

    fn decrypt(
        _: &(),
        _: &NoSecret,
        outputs: &Vectors<f64>,
    ) -> Result<(Vectors<f64>, f64), EngineError> {
        Ok((outputs.clone(), f64::INFINITY))
    }

    fn measure(_: &(), _: &NoSecret, ciphertext: &Vec<f64>) -> Result<Measured<f64>, EngineError> {
        Ok(Measured { values: ciphertext.clone(), margin_bits: f64::INFINITY })
    }

    fn read_keys(_: &(), _: &[u8], _: &Watch) -> Result<NoKeys, EngineError> {
        Ok(NoKeys)
    }

    fn write_inputs(_: &(), inputs: &Vectors<f64>, out: &mut Vec<u8>) {
        write(inputs, |v| v.to_le_bytes(), out);
    }

    fn read_inputs(_: &(), bytes: &[u8]) -> Result<Vectors<f64>, EngineError> {
        read(bytes, f64::from_le_bytes)
    }

    fn write_outputs(_: &(), outputs: &Vectors<f64>, out: &mut Vec<u8>) {
        write(outputs, |v| v.to_le_bytes(), out);
    }

    fn read_outputs(_: &(), bytes: &[u8]) -> Result<Vectors<f64>, EngineError> {
        read(bytes, f64::from_le_bytes)
    }
}

/// Layer by layer, with the values that are measured.
fn run<L, V, S>(
    layers: &[L],
    probes: &[StageProbe],
    inputs: Vectors<V>,
    following: &Evaluation,
    apply: impl Fn(&L, &Vectors<V>) -> Vectors<V>,
) -> Result<Evaluated<S>, EngineError>
where
    V: Clone,
    S: Scheme<Value = V, Outputs = Vectors<V>, Ciphertext = Vec<V>>,
{
    let mut values = inputs;
    let mut found = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        following.watch.check()?;
        values = apply(layer, &values);
        (following.fraction)((at + 1) as f64 / layers.len() as f64);
        let here = probes.iter().filter(|probe| following.measure && probe.layer == at);
        found.extend(here.map(|probe| Probed {
            stage: probe.stage,
            index: probe.index,
            ciphertext: values[probe.index].clone(),
        }));
    }
    let stage_secs = vec![0.0; following.stage_secs.len()];
    Ok(Evaluated { outputs: values, probes: found, stage_secs })
}

fn write<V: Copy>(vectors: &[Vec<V>], bytes: impl Fn(V) -> [u8; 8], out: &mut Vec<u8>) {
    for vector in vectors {
        Writer::new(out).block_of(|out| out.extend(vector.iter().flat_map(|v| bytes(*v))));
    }
}

fn read<V>(bytes: &[u8], value: impl Fn([u8; 8]) -> V) -> Result<Vectors<V>, EngineError> {
    let mut reader = Reader::new("plain vectors", bytes);
    let mut vectors = Vec::new();
    while !reader.rest().is_empty() {
        vectors.push(reader.elements()?.iter().map(|word| value(*word)).collect());
    }
    Ok(vectors)
}

fn apply_real(layer: &RealLayer, values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let each = |first: usize, f: &dyn Fn(f64) -> f64| {
        let mut values = values.to_vec();
        values.iter_mut().take(first).flatten().for_each(|x| *x = f(*x));
        values
    };
    match layer {
        RealLayer::Square { acts_on, .. } => each(*acts_on, &|x| x * x),
        RealLayer::Polynomial { function, acts_on, .. } => each(*acts_on, &|x| function.eval(x)),
        RealLayer::Linear { rows, .. } => {
            let slots = values.first().map_or(0, Vec::len);
            let one = |row: &circuit::AffineRow| {
                let sum = |s: usize| {
                    let terms = row.columns.iter().zip(&row.weights);
                    terms.fold(row.bias, |acc, (c, w)| acc + values[*c as usize][s] * w)
                };
                (0..slots).map(sum).collect()
            };
            rows.iter().map(one).collect()
        }
    }
}

fn apply(t: Modulus, layer: &IntegerLayer, values: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let reduce = |x: i128| t.center(x.rem_euclid(i128::from(t.value())) as u64);
    match layer {
        IntegerLayer::Square { acts_on, .. } => {
            let mut values = values.to_vec();
            let squared = values.iter_mut().take(*acts_on).flatten();
            squared.for_each(|x| *x = reduce(i128::from(*x) * i128::from(*x)));
            values
        }
        IntegerLayer::Linear { rows, bias, .. } => {
            let slots = values.first().map_or(0, Vec::len);
            let one = |(row, b): (&ring::Row, &i128)| {
                (0..slots)
                    .map(|s| {
                        let terms = row.columns.iter().zip(&row.weights);
                        reduce(terms.fold(*b, |acc, (c, w)| {
                            acc + i128::from(values[*c as usize][s]) * i128::from(*w)
                        }))
                    })
                    .collect()
            };
            rows.iter().zip(bias).map(one).collect()
        }
    }
}
