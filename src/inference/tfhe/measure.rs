//! Noise and lookups of a sample, with the secret key.

use circuit::table::TableCircuit;
use engine::{TableAnswer, TableClient};
use network::table::{Linear, Table, TableLayer};
use report::*;
use scheme::tfhe::{TfheError, upper_tail};

/// Widest distance that is told apart, in widths of a step, and how finely.
const DISTANCES: usize = 20;
const DISTANCE_STEP: f64 = 0.05;

/// Noise measured so far at one place.
#[derive(Clone, Debug)]
struct Meter {
    report: NoiseReport,
    sum: f64,
    squares: f64,
}

impl Meter {
    fn new(what: &str, predicted: f64) -> Self {
        let report = NoiseReport {
            what: what.to_owned(),
            standard_deviation_predicted: predicted,
            counts: vec![0; NOISE_BINS],
            ..NoiseReport::default()
        };
        Self { report, sum: 0.0, squares: 0.0 }
    }

    fn add(&mut self, error: f64) {
        self.sum += error;
        self.squares += error * error;
        self.report.samples += 1;
        let share = error / self.report.standard_deviation_predicted.max(1e-300) / NOISE_SPAN;
        let at = ((share + 1.0) / 2.0 * NOISE_BINS as f64).clamp(0.0, NOISE_BINS as f64 - 1.0);
        if let Some(count) = self.report.counts.get_mut(at as usize) {
            *count += 1;
        }
    }

    fn add_phase(&mut self, phase: u32, message: u32) {
        self.add(f64::from(phase.wrapping_sub(message) as i32) / 32f64.exp2());
    }

    fn finish(&self) -> NoiseReport {
        let n = self.report.samples.max(1) as f64;
        let mean = self.sum / n;
        let variance = (self.squares - n * mean * mean).max(0.0) / (n - 1.0).max(1.0);
        NoiseReport { mean, standard_deviation_measured: variance.sqrt(), ..self.report.clone() }
    }
}

/// One layer of tables.
#[derive(Clone, Debug)]
struct Layer {
    report: LookupReport,
    sum: Meter,
    key_switch: Option<Meter>,
    modulus_switch: Meter,
    output: Meter,
}

/// Everything measured so far.
pub(crate) struct Measuring<'a> {
    circuit: &'a TableCircuit,
    inputs: Meter,
    layers: Vec<Layer>,
    scores: Meter,
}

/// What a sample showed.
pub(crate) struct Reading {
    /// Scores without noise of the table outputs that were really read.
    pub exact_scores: Vec<i64>,
    /// Lookups more than one step off.
    pub wrong_bin: u64,
}

impl<'a> Measuring<'a> {
    pub fn new(circuit: &'a TableCircuit) -> Self {
        let details = circuit.tables().cloned().unwrap_or_default();
        let layer = |(at, t): (usize, &circuit::LookupPlan)| Layer {
            report: LookupReport {
                name: t.name.clone(),
                distances: (1..=DISTANCES)
                    .map(|i| DistanceReport {
                        distance: i as f64 * DISTANCE_STEP,
                        ..DistanceReport::default()
                    })
                    .collect(),
                ..LookupReport::default()
            },
            sum: Meter::new("sum", t.standard_deviation_sum),
            key_switch: (at > 0).then(|| Meter::new("key switch", t.standard_deviation_key_switch)),
            modulus_switch: Meter::new("modulus switch", t.standard_deviation),
            output: Meter::new("output", t.standard_deviation_output),
        };
        Self {
            circuit,
            inputs: Meter::new("input", circuit.parameters.lwe_variance.sqrt()),
            layers: details.tables.iter().enumerate().map(layer).collect(),
            scores: Meter::new("score", details.score_standard_deviation),
        }
    }

    /// Measures a sample whose inputs were `integers`.
    pub fn sample(
        &mut self,
        client: &TableClient,
        integers: &[i32],
        answer: &TableAnswer,
    ) -> Result<Reading, TfheError> {
        let program = &self.circuit.program;
        for (c, x) in answer.inputs.iter().flat_map(|l| l.iter()).zip(integers) {
            let message = (*x as u32).wrapping_mul(program.input_unit);
            self.inputs.add_phase(client.phase(c)?, message);
        }
        let mut values = integers.to_vec();
        let mut sums: Vec<i64> = Vec::new();
        let mut wrong_bin = 0;
        let mut probes = answer.probes.iter();
        let mut layers = self.layers.iter_mut().zip(&program.sums);
        for layer in self.circuit.network.layers() {
            match layer {
                TableLayer::Linear(linear) => sums = apply(linear, &values),
                TableLayer::Table(table) => {
                    let (Some(probe), Some((layer, sum))) = (probes.next(), layers.next()) else {
                        break;
                    };
                    let mut steps = Vec::with_capacity(sums.len());
                    for (at, a) in sums.iter().enumerate() {
                        let message = (*a as u32).wrapping_mul(sum.unit).wrapping_add(sum.unit / 2);
                        if let Some(c) = probe.sums.get(at) {
                            layer.sum.add_phase(client.phase(c)?, message);
                        }
                        let small = probe.key_switched.as_ref().and_then(|l| l.get(at));
                        if let (Some(meter), Some(c)) = (&mut layer.key_switch, small) {
                            meter.add_phase(client.phase(c)?, message);
                        }
                        let Some(switched) = probe.switched.get(at) else { continue };
                        let (phase, position) = client.position(switched)?;
                        layer.modulus_switch.add_phase(phase, message);
                        let size = self.circuit.parameters.polynomial_size as i64;
                        let step = ((position + size / 2) * table.steps() as i64).div_euclid(size);
                        wrong_bin += layer.read(table, *a, step, f64::from(sum.unit));
                        steps.push(step);
                    }
                    let unit = sum.lookup.as_ref().map_or(0, |r| r.output_unit);
                    values = table
                        .functions
                        .iter()
                        .flat_map(|f| steps.iter().map(|s| f.at(*s)))
                        .collect();
                    let ends = table
                        .functions
                        .iter()
                        .flat_map(|f| std::iter::repeat_n(f.ends(), steps.len()));
                    for ((c, value), ends) in probe.outputs.iter().zip(&values).zip(ends) {
                        let message = ((2 * value - ends) as u32).wrapping_mul(unit / 2);
                        layer.output.add_phase(client.phase(c)?, message);
                    }
                }
            }
        }
        Ok(Reading { exact_scores: sums, wrong_bin })
    }

    /// Enters the error of a decrypted score, in its units.
    pub fn score(&mut self, error: f64) {
        self.scores.add(error);
    }

    /// Everything so far.
    pub fn finish(&self) -> TableReport {
        let details = self.circuit.tables().cloned().unwrap_or_default();
        let layer = |l: &Layer| {
            let mut noise = vec![l.sum.finish()];
            noise.extend(l.key_switch.as_ref().map(Meter::finish));
            noise.push(l.modulus_switch.finish());
            noise.push(l.output.finish());
            LookupReport { noise, ..l.report.clone() }
        };
        TableReport {
            lwe_dimension: details.lwe_dimension,
            glwe_dimension: details.glwe_dimension,
            polynomial_size: details.polynomial_size,
            bits: details.tables.iter().map(|t| t.bits).max().unwrap_or(0),
            lookups: details.lookups,
            key_memory_bytes: details.key_memory_bytes,
            keys_kept: false,
            sample_secs: [0.0; 3],
            failure_per_lookup_predicted: details.failure_per_lookup,
            failure_per_sample_predicted: details.failure_per_sample,
            inputs: self.inputs.finish(),
            tables: self.layers.iter().map(layer).collect(),
            scores: self.scores.finish(),
        }
    }
}

impl Layer {
    /// Enters a lookup of sum `a` that was read in `step`; 1 when it was more than one step off.
    fn read(&mut self, table: &Table, a: i64, step: i64, unit: f64) -> u64 {
        let standard_deviation =
            self.modulus_switch.report.standard_deviation_predicted * 32f64.exp2() / unit;
        let right = table.step_of(a);
        let turn = 2 * table.steps() as i64;
        let apart = (step - right).rem_euclid(turn);
        let apart = apart.min(turn - apart);
        let off = !table.same(right, step);
        let predicted = table.flip_probability(a, standard_deviation);
        self.report.lookups += 1;
        self.report.adjacent += u64::from(off && apart == 1);
        self.report.adjacent_predicted += predicted;
        let wrong_bin = u64::from(off && apart > 1);
        self.report.wrong_bin += wrong_bin;
        let (down, up) = table.distances(a);
        let nearest = [down, up].into_iter().flatten().fold(f64::INFINITY, f64::min);
        let bin = nearest / table.width as f64 / DISTANCE_STEP;
        if let Some(bin) = self.report.distances.get_mut(bin.min(1e9) as usize) {
            bin.lookups += 1;
            bin.off += u64::from(off);
            bin.off_predicted += predicted;
        }
        wrong_bin
    }
}

/// The sums of one sample, exactly.
fn apply(linear: &Linear, values: &[i32]) -> Vec<i64> {
    let sum = |(terms, bias): (&[network::table::Term], i64)| {
        let products = terms.iter().map(|t| {
            let value = values.get(t.index as usize).copied().unwrap_or(0);
            i64::from(t.weight) * i64::from(value)
        });
        bias + products.sum::<i64>()
    };
    linear.iter().map(sum).collect()
}

/// Probability with which noise of the measured standard deviation moves a sum on the edge of a step more
/// than one step, as margin in bits.
pub(crate) fn measured_margin(table: &Table, unit: f64, noise: &NoiseReport) -> f64 {
    let standard_deviation =
        (noise.standard_deviation_measured.powi(2) + noise.mean.powi(2)).sqrt() / unit;
    circuit::table::margin_bits(table, standard_deviation).min(circuit::table::MOST_MARGIN_BITS)
}

/// `-log2` of the probability that a normal error leaves `bound`.
pub(crate) fn bound_margin(bound: f64, standard_deviation: f64) -> f64 {
    let p = 2.0 * upper_tail(bound, standard_deviation);
    if p > 0.0 { -p.log2() } else { circuit::table::MOST_MARGIN_BITS }
}
