//! Circuits on plain integers modulo t, and on plain real numbers: the same pipelines without any
//! cryptography, for tests.

use super::backend::{Backend, BackendError, Evaluated, Measured, Tapped};
use crate::circuit::{Circuit, IntegerLayer, RealCircuit, RealLayer};
use crate::progress::Watch;
use crate::ring::{Modulus, Seed};

/// Runs a circuit in the clear.
pub struct Noop<'a>(pub &'a Circuit);

/// Runs a circuit on real numbers in the clear.
pub struct RealNoop<'a>(pub &'a RealCircuit);

/// What stands in the place of a secret, so that the types of client and server stay apart.
pub struct NoSecret;

/// What stands in the place of evaluation keys.
pub struct NoKeys;

impl Noop<'_> {
    fn modulus(&self, branch: usize) -> Modulus {
        self.0.moduli[branch]
    }
}

impl Backend for Noop<'_> {
    type Value = i64;
    type Circuit = Circuit;
    type Secret = NoSecret;
    type Keys = NoKeys;
    type Inputs = Vec<Vec<i64>>;
    type Outputs = Vec<Vec<i64>>;
    type Ciphertext = Vec<i64>;

    fn circuit(&self) -> &Circuit {
        self.0
    }

    fn branches(&self) -> usize {
        self.0.moduli.len()
    }

    fn inputs(&self) -> usize {
        self.0.network.inputs()
    }

    fn keygen(&self, _branch: usize, _seed: &Seed) -> Result<(NoSecret, NoKeys), BackendError> {
        Ok((NoSecret, NoKeys))
    }

    fn encrypt(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        vectors: &[Vec<i64>],
        _seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<Vec<i64>>, BackendError> {
        watch.check()?;
        Ok(vectors.to_vec())
    }

    fn fresh(&self, _branch: usize, inputs: &Vec<Vec<i64>>, index: usize) -> Option<Vec<i64>> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        &self,
        branch: usize,
        _keys: &NoKeys,
        inputs: Vec<Vec<i64>>,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError> {
        let t = self.modulus(branch);
        let mut values = inputs;
        let mut taps = Vec::new();
        let layers = self.0.network.layers();
        for (at, layer) in layers.iter().enumerate() {
            watch.check()?;
            values = apply(t, layer, &values);
            fraction((at + 1) as f64 / layers.len() as f64);
            let here = self.0.taps.iter().filter(|tap| measure && tap.layer == at);
            taps.extend(here.map(|tap| Tapped {
                stage: tap.stage,
                index: tap.index,
                ciphertext: values[tap.index].clone(),
            }));
        }
        let stage_secs = vec![0.0; self.0.plan.stages.len()];
        Ok(Evaluated { outputs: values, taps, stage_secs })
    }

    fn decrypt(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        outputs: &Vec<Vec<i64>>,
    ) -> Result<(Vec<Vec<i64>>, f64), BackendError> {
        Ok((outputs.clone(), f64::INFINITY))
    }

    fn measure(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        ciphertext: &Vec<i64>,
    ) -> Result<Measured<i64>, BackendError> {
        Ok(Measured { values: ciphertext.clone(), margin_bits: f64::INFINITY })
    }

    fn input_bytes(&self, _branch: usize, inputs: &Vec<Vec<i64>>) -> u64 {
        inputs.iter().map(|v| 8 * v.len() as u64).sum()
    }

    fn output_bytes(&self, branch: usize, outputs: &Vec<Vec<i64>>) -> u64 {
        self.input_bytes(branch, outputs)
    }

    fn key_bytes(&self, _branch: usize, _keys: &NoKeys) -> u64 {
        0
    }
}

impl Backend for RealNoop<'_> {
    type Value = f64;
    type Circuit = RealCircuit;
    type Secret = NoSecret;
    type Keys = NoKeys;
    type Inputs = Vec<Vec<f64>>;
    type Outputs = Vec<Vec<f64>>;
    type Ciphertext = Vec<f64>;

    fn circuit(&self) -> &RealCircuit {
        self.0
    }

    fn branches(&self) -> usize {
        1
    }

    fn inputs(&self) -> usize {
        self.0.network.inputs()
    }

    fn keygen(&self, _branch: usize, _seed: &Seed) -> Result<(NoSecret, NoKeys), BackendError> {
        Ok((NoSecret, NoKeys))
    }

    fn encrypt(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        vectors: &[Vec<f64>],
        _seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<Vec<f64>>, BackendError> {
        watch.check()?;
        Ok(vectors.to_vec())
    }

    fn fresh(&self, _branch: usize, inputs: &Vec<Vec<f64>>, index: usize) -> Option<Vec<f64>> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        &self,
        _branch: usize,
        _keys: &NoKeys,
        inputs: Vec<Vec<f64>>,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError> {
        let mut values = inputs;
        let mut taps = Vec::new();
        let layers = self.0.network.layers();
        for (at, layer) in layers.iter().enumerate() {
            watch.check()?;
            values = apply_real(layer, &values);
            fraction((at + 1) as f64 / layers.len() as f64);
            let here = self.0.taps.iter().filter(|tap| measure && tap.layer == at);
            taps.extend(here.map(|tap| Tapped {
                stage: tap.stage,
                index: tap.index,
                ciphertext: values[tap.index].clone(),
            }));
        }
        let stage_secs = vec![0.0; self.0.plan.stages.len()];
        Ok(Evaluated { outputs: values, taps, stage_secs })
    }

    fn decrypt(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        outputs: &Vec<Vec<f64>>,
    ) -> Result<(Vec<Vec<f64>>, f64), BackendError> {
        Ok((outputs.clone(), f64::INFINITY))
    }

    fn measure(
        &self,
        _branch: usize,
        _secret: &NoSecret,
        ciphertext: &Vec<f64>,
    ) -> Result<Measured<f64>, BackendError> {
        Ok(Measured { values: ciphertext.clone(), margin_bits: f64::INFINITY })
    }

    fn input_bytes(&self, _branch: usize, inputs: &Vec<Vec<f64>>) -> u64 {
        inputs.iter().map(|v| 8 * v.len() as u64).sum()
    }

    fn output_bytes(&self, branch: usize, outputs: &Vec<Vec<f64>>) -> u64 {
        self.input_bytes(branch, outputs)
    }

    fn key_bytes(&self, _branch: usize, _keys: &NoKeys) -> u64 {
        0
    }
}

fn apply_real(layer: &RealLayer, values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let each =
        |f: &dyn Fn(f64) -> f64| values.iter().map(|v| v.iter().map(|x| f(*x)).collect()).collect();
    match layer {
        RealLayer::Square { .. } => each(&|x| x * x),
        RealLayer::Polynomial { function, .. } => each(&|x| function.eval(x)),
        RealLayer::Linear { rows, .. } => {
            let slots = values.first().map_or(0, Vec::len);
            let one = |row: &crate::circuit::AffineRow| {
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
        IntegerLayer::Square { .. } => values
            .iter()
            .map(|v| v.iter().map(|x| reduce(i128::from(*x) * i128::from(*x))).collect())
            .collect(),
        IntegerLayer::Linear { rows, bias, .. } => {
            let slots = values.first().map_or(0, Vec::len);
            let one = |(row, b): (&crate::ring::Row, &i128)| {
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
