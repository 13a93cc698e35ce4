//! Noise and lookups of a sample, with the secret key.

use circuit::table::TableCircuit;
use circuit::{StageKind, StagePlan};
use network::table::{Linear, LookUp, Table};
use report::*;
use scheme::tfhe::upper_tail;

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
    fn new(what: NoisePlace, predicted: f64) -> Self {
        let report = NoiseReport {
            what,
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

    /// What was measured, where there are enough values to tell a margin.
    fn telling(&self) -> Option<NoiseReport> {
        (self.report.samples >= LEAST_LOOKUPS).then(|| self.finish())
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
    /// A step of the table, as a share of the torus.
    unit: f64,
    sum: Meter,
    key_switch: Option<Meter>,
    modulus_switch: Meter,
    output: Meter,
}

/// What a stage shows, with the number of its layer of tables.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Inputs,
    Sums(usize),
    KeySwitch(usize),
    Table(usize),
    Scores,
}

/// The sample that is measured.
#[derive(Debug, Default)]
struct Current {
    /// What goes into the layer: inputs, or what tables gave for what they really read.
    values: Vec<i32>,
    sums: Vec<i64>,
    /// The steps that tables were read in.
    steps: Vec<i64>,
}

/// Everything measured so far.
pub(crate) struct Measuring<'a> {
    circuit: &'a TableCircuit,
    linears: Vec<&'a Linear>,
    tables: Vec<&'a Table>,
    /// By stage.
    shown: Vec<Shown>,
    inputs: Meter,
    layers: Vec<Layer>,
    scores: Meter,
    current: Current,
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
            unit: t.step,
            sum: Meter::new(NoisePlace::Sum, t.standard_deviation_sum),
            key_switch: (at > 0)
                .then(|| Meter::new(NoisePlace::KeySwitch, t.standard_deviation_key_switch)),
            modulus_switch: Meter::new(NoisePlace::ModulusSwitch, t.standard_deviation),
            output: Meter::new(NoisePlace::Output, t.standard_deviation_output),
        };
        let layers: Vec<Layer> = details.tables.iter().enumerate().map(layer).collect();
        let mut at = 0;
        let shown = |stage: &StagePlan| match stage.kind {
            StageKind::Input => Shown::Inputs,
            StageKind::Linear if at < layers.len() => Shown::Sums(at),
            StageKind::KeySwitch => Shown::KeySwitch(at),
            StageKind::Lookup => {
                at += 1;
                Shown::Table(at - 1)
            }
            _ => Shown::Scores,
        };
        Self {
            circuit,
            linears: circuit.network.linears().collect(),
            tables: circuit.network.tables().collect(),
            shown: circuit.plan.stages.iter().map(shown).collect(),
            inputs: Meter::new(NoisePlace::Input, circuit.parameters.lwe_variance.sqrt()),
            layers,
            scores: Meter::new(NoisePlace::Score, details.score_standard_deviation),
            current: Current::default(),
        }
    }

    /// Enters what was found in ciphertext number `index` of a stage: its phase, and the position that a
    /// table is read at. Those of a sample come in the order of its stages.
    pub fn note(&mut self, stage: usize, index: usize, found: &[f64], inputs: &[i32]) {
        let (Some(shown), Some(phase)) = (self.shown.get(stage).copied(), found.first()) else {
            return;
        };
        let (program, current) = (&self.circuit.program, &mut self.current);
        // Whole numbers below 2^32.
        let phase = *phase as u32;
        let message = |current: &Current, layer: usize| {
            let (sum, program) = (current.sums.get(index)?, program.sums.get(layer)?);
            Some((*sum as u32).wrapping_mul(program.unit).wrapping_add(program.unit / 2))
        };
        match shown {
            Shown::Inputs => {
                if index == 0 {
                    current.values = inputs.to_vec();
                }
                let Some(x) = inputs.get(index) else { return };
                self.inputs.add_phase(phase, (*x as u32).wrapping_mul(program.input_unit));
            }
            Shown::Sums(at) => {
                let (Some(linear), Some(layer)) = (self.linears.get(at), self.layers.get_mut(at))
                else {
                    return;
                };
                if index == 0 {
                    current.sums = apply(linear, &current.values);
                    current.steps.clear();
                }
                let Some(message) = message(current, at) else { return };
                layer.sum.add_phase(phase, message);
            }
            Shown::KeySwitch(at) => {
                let meter = self.layers.get_mut(at).and_then(|l| l.key_switch.as_mut());
                let (Some(meter), Some(message)) = (meter, message(current, at)) else { return };
                meter.add_phase(phase, message);
            }
            Shown::Table(at) => {
                let (Some(table), Some(layer)) = (self.tables.get(at), self.layers.get_mut(at))
                else {
                    return;
                };
                let Some(sum) = program.sums.get(at) else { return };
                if let Some(position) = found.get(1) {
                    let (Some(a), Some(message)) = (current.sums.get(index), message(current, at))
                    else {
                        return;
                    };
                    layer.modulus_switch.add_phase(phase, message);
                    let size = self.circuit.parameters.polynomial_size as i64;
                    let steps = table.steps() as i64;
                    let step = ((*position as i64 + size / 2) * steps).div_euclid(size);
                    layer.read(table, *a, step, f64::from(sum.unit));
                    current.steps.push(step);
                    return;
                }
                let (function, read) = (index / current.steps.len().max(1), &current.steps);
                if index == 0 {
                    let of = |f: &LookUp| read.iter().map(|s| f.at(*s)).collect::<Vec<_>>();
                    current.values = table.functions.iter().flat_map(of).collect();
                }
                let unit = sum.lookup.as_ref().map_or(0, |r| r.output_unit);
                let (Some(value), Some(function)) =
                    (current.values.get(index), table.functions.get(function))
                else {
                    return;
                };
                let message = ((2 * value - function.ends()) as u32).wrapping_mul(unit / 2);
                layer.output.add_phase(phase, message);
            }
            Shown::Scores => {}
        }
    }

    /// The exact scores of what tables really gave in the sample that was measured; enters how far the
    /// decrypted ones are from them.
    pub fn scores(&mut self, decrypted: &[f64]) -> Vec<f64> {
        let last = self.linears.last();
        let exact = last.map_or(Vec::new(), |linear| apply(linear, &self.current.values));
        let exact: Vec<f64> = exact.into_iter().map(|score| score as f64).collect();
        decrypted.iter().zip(&exact).for_each(|(got, exact)| self.scores.add(got - exact));
        exact
    }

    /// Measured margins of the stages, from the noise so far.
    pub fn margins(&self, stages: &mut [StageReport]) {
        let bound = self.circuit.tables().map_or(0.0, |t| t.score_bound);
        for (stage, shown) in stages.iter_mut().zip(&self.shown) {
            let of = |at: usize, meter: Option<&Meter>| {
                let (table, layer) = (self.tables.get(at)?, self.layers.get(at)?);
                Some(measured_margin(table, layer.unit / table.width as f64, &meter?.telling()?))
            };
            let layer = |at: usize| self.layers.get(at);
            stage.margin_bits_measured = match *shown {
                Shown::Inputs => of(0, Some(&self.inputs)),
                Shown::Sums(at) => of(at, layer(at).map(|l| &l.sum)),
                Shown::KeySwitch(at) => of(at, layer(at).and_then(|l| l.key_switch.as_ref())),
                Shown::Table(at) => {
                    stage.wrong_values = layer(at).map_or(0, |l| l.report.wrong_bin);
                    of(at, layer(at).map(|l| &l.modulus_switch))
                }
                Shown::Scores => {
                    let noise = self.scores.telling();
                    noise.map(|n| bound_margin(bound, n.standard_deviation_measured))
                }
            };
        }
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
    /// Enters a lookup of sum `a` that was read in `step`.
    fn read(&mut self, table: &Table, a: i64, step: i64, unit: f64) {
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
        self.report.wrong_bin += u64::from(off && apart > 1);
        let (down, up) = table.distances(a);
        let nearest = [down, up].into_iter().flatten().fold(f64::INFINITY, f64::min);
        let bin = nearest / table.width as f64 / DISTANCE_STEP;
        if let Some(bin) = self.report.distances.get_mut(bin.min(1e9) as usize) {
            bin.lookups += 1;
            bin.off += u64::from(off);
            bin.off_predicted += predicted;
        }
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
fn measured_margin(table: &Table, unit: f64, noise: &NoiseReport) -> f64 {
    let standard_deviation =
        (noise.standard_deviation_measured.powi(2) + noise.mean.powi(2)).sqrt() / unit;
    circuit::table::margin_bits(table, standard_deviation).min(circuit::table::MOST_MARGIN_BITS)
}

/// `-log2` of the probability that a normal error leaves `bound`.
fn bound_margin(bound: f64, standard_deviation: f64) -> f64 {
    let p = 2.0 * upper_tail(bound, standard_deviation);
    if p > 0.0 { -p.log2() } else { circuit::table::MOST_MARGIN_BITS }
}
