//! Programs on plain integers modulo t, and on plain real numbers: the same pipelines without any
//! cryptography, for tests.

use super::scheme::{
    Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Probed, Scheme, decrypt_each,
};
use circuit::{Circuit, IntegerLayer, RealCircuit, RealLayer, StageProbe};
use progress::Watch;
use ring::{Modulus, Seed};
use std::marker::PhantomData;
use wire::{Reader, Writer};

/// Runs a circuit of `C` in the clear.
pub struct Plain<C>(PhantomData<C>);

/// Runs a circuit on integers.
pub type Noop = Plain<Circuit>;

/// Runs a circuit on real numbers.
pub type RealNoop = Plain<RealCircuit>;

/// What stands in the place of a secret, so that the types of client and server stay apart.
pub struct NoSecret;

/// What stands in the place of evaluation keys.
pub struct NoKeys;

/// A value per slot, for each ciphertext.
type Vectors<V> = Vec<Vec<V>>;

/// A circuit that can be run in the clear.
pub trait PlainCircuit: Sync + 'static {
    /// What a slot holds.
    type Value: Copy + Send + Sync;
    /// What both sides know.
    type Parameters: Clone + Send + Sync;
    /// One step on all values.
    type Layer;

    /// Its layers, and the values that are measured.
    fn parts(&self) -> (&[Self::Layer], &[StageProbe]);

    /// The values after a layer.
    fn apply(
        parameters: &Self::Parameters,
        layer: &Self::Layer,
        values: &[Vec<Self::Value>],
    ) -> Vec<Vec<Self::Value>>;
}

impl PlainCircuit for Circuit {
    type Value = i64;
    type Parameters = Modulus;
    type Layer = IntegerLayer;

    fn parts(&self) -> (&[IntegerLayer], &[StageProbe]) {
        (self.network.layers(), &self.probes)
    }

    fn apply(t: &Modulus, layer: &IntegerLayer, values: &[Vec<i64>]) -> Vectors<i64> {
        apply(*t, layer, values)
    }
}

impl PlainCircuit for RealCircuit {
    type Value = f64;
    type Parameters = ();
    type Layer = RealLayer;

    fn parts(&self) -> (&[RealLayer], &[StageProbe]) {
        (self.network.layers(), &self.probes)
    }

    fn apply((): &(), layer: &RealLayer, values: &[Vec<f64>]) -> Vectors<f64> {
        apply_real(layer, values)
    }
}

impl<C: PlainCircuit> Scheme for Plain<C>
where
    Vectors<C::Value>: OnWire<C::Parameters>,
{
    type Value = C::Value;
    type Parameters = C::Parameters;
    type Program = C;
    type Secret = NoSecret;
    type Keys = NoKeys;
    type Inputs = Vectors<C::Value>;
    type Outputs = Vectors<C::Value>;
    type Ciphertext = Vec<C::Value>;

    fn secret(_: &C::Parameters, _: &Seed) -> Result<NoSecret, EngineError> {
        Ok(NoSecret)
    }

    fn evaluation_keys(
        _: &C::Parameters,
        _: &NoSecret,
        _: &Seed,
        _: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        Ok(Vec::new())
    }

    fn read_keys(_: &C::Parameters, _: &[u8], _: &Watch) -> Result<NoKeys, EngineError> {
        Ok(NoKeys)
    }

    fn encrypt(
        _: &C::Parameters,
        _: &NoSecret,
        vectors: &[Vec<C::Value>],
        _: &Seed,
        watch: &Watch,
    ) -> Result<Vectors<C::Value>, EngineError> {
        watch.check()?;
        Ok(vectors.to_vec())
    }

    fn fresh(_: &C::Parameters, inputs: &Vectors<C::Value>, index: usize) -> Option<Vec<C::Value>> {
        inputs.get(index).cloned()
    }

    /// Layer by layer, with the values that are measured.
    fn evaluate(
        parameters: &C::Parameters,
        circuit: &C,
        _: &NoKeys,
        inputs: Vectors<C::Value>,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let (layers, probes) = circuit.parts();
        let mut values = inputs;
        let mut found = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            following.watch.check()?;
            values = C::apply(parameters, layer, &values);
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

    fn decrypt(
        parameters: &C::Parameters,
        secret: &NoSecret,
        outputs: &Vectors<C::Value>,
    ) -> Result<Decrypted<C::Value>, EngineError> {
        decrypt_each::<Self>(parameters, secret, outputs)
    }

    fn measure(
        _: &C::Parameters,
        _: &NoSecret,
        ciphertext: &Vec<C::Value>,
    ) -> Result<Measured<C::Value>, EngineError> {
        Ok(Measured { values: ciphertext.clone(), margin_bits: f64::INFINITY })
    }
}

impl OnWire<Modulus> for Vectors<i64> {
    fn write(&self, _: &Modulus, out: &mut Vec<u8>) {
        write(self, |v| v.to_le_bytes(), out);
    }

    fn read(_: &Modulus, bytes: &[u8]) -> Result<Self, EngineError> {
        read(bytes, i64::from_le_bytes)
    }
}

impl OnWire<()> for Vectors<f64> {
    fn write(&self, (): &(), out: &mut Vec<u8>) {
        write(self, |v| v.to_le_bytes(), out);
    }

    fn read((): &(), bytes: &[u8]) -> Result<Self, EngineError> {
        read(bytes, f64::from_le_bytes)
    }
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

fn apply_real(layer: &RealLayer, values: &[Vec<f64>]) -> Vectors<f64> {
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

fn apply(t: Modulus, layer: &IntegerLayer, values: &[Vec<i64>]) -> Vectors<i64> {
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
