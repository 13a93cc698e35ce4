//! A CKKS program step by step.

use super::scheme::{EngineError, Probed};
use super::share::Share;
use circuit::{CkksPart, CkksStep, Stream, evaluate_parts};
use progress::{Step, Watch};
use rayon::prelude::*;
use ring::Probe;
use ring::kernels::TILE_WORDS;
use scheme::ckks::{
    Ciphertext, CkksError, CkksParameters, EvaluationKeys, FreshBatch, Scale, Segment,
    SegmentInput, SegmentOp, SegmentOutput,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Values whose polynomials are evaluated together: what they came from is dropped before the next.
const TOGETHER: usize = 64;

/// What a step has to work on.
pub(super) enum Values {
    Fresh(FreshBatch),
    Computed(Vec<Ciphertext>),
}

impl Values {
    fn input(&self) -> SegmentInput<'_> {
        match self {
            Self::Fresh(batch) => SegmentInput::Fresh(batch),
            Self::Computed(all) => SegmentInput::Computed(all),
        }
    }

    /// Ciphertexts, leaving nothing.
    fn take(&mut self, parameters: &CkksParameters) -> Vec<Ciphertext> {
        match std::mem::replace(self, Self::Computed(Vec::new())) {
            Self::Computed(all) => all,
            Self::Fresh(batch) => {
                (0..batch.len()).filter_map(|i| batch.ciphertext(parameters, i)).collect()
            }
        }
    }
}

/// An evaluation that goes on.
pub(super) struct Evaluator<'a> {
    pub parameters: &'a CkksParameters,
    pub keys: &'a EvaluationKeys,
    /// Whether values are kept to be measured.
    pub measure: bool,
    pub watch: &'a Watch<'a>,
    pub share: Share<'a>,
    pub values: Values,
    pub probes: Vec<Probed<Ciphertext>>,
    /// Of each stage so far.
    pub stage_secs: Vec<f64>,
}

impl Evaluator<'_> {
    /// Runs all steps.
    pub fn run(&mut self, steps: &[CkksStep]) -> Result<(), EngineError> {
        let mut at = 0;
        while let Some(rest) = steps.get(at..).filter(|rest| !rest.is_empty()) {
            at += match rest {
                [CkksStep::Segment { .. }, CkksStep::Polynomial { stream: Some(s), .. }, ..]
                    if s.has_source =>
                {
                    self.stream(&rest[1..], s, Some(&rest[0]))? + 1
                }
                [CkksStep::Polynomial { stream: Some(s), .. }, ..] => self.stream(rest, s, None)?,
                [step @ CkksStep::Polynomial { .. }, ..] => self.polynomials(step, Vec::new())?,
                [CkksStep::Carry { first, scale, level, .. }, step, ..] => {
                    self.carry(step, *first, scale, *level)? + 1
                }
                [step, ..] => self.segment(step, 0)?,
                [] => 0,
            };
        }
        Ok(())
    }

    /// A segment without its first `skip` operations, and the rescaling after it; how many steps that
    /// were.
    fn segment(&mut self, step: &CkksStep, skip: usize) -> Result<usize, EngineError> {
        let CkksStep::Segment { segment, probes, drop, switch_probes, .. } = step else {
            return Ok(1);
        };
        let started = Instant::now();
        let stage = self.stage_secs.len();
        let ops: Vec<SegmentOp> = segment.ops.iter().skip(skip).cloned().collect();
        if !ops.is_empty() {
            let range = stage..stage + ops.len();
            let tiles =
                (self.values.input().level() * self.parameters.degree() / TILE_WORDS) as f64;
            let done = AtomicUsize::new(0);
            let tile_done = || {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.share.tell(range.clone(), done as f64 / tiles);
            };
            let wanted = probes.iter().filter(|t| self.measure && t.op >= skip);
            let wanted: Vec<Probe> =
                wanted.map(|t| Probe { op: t.op - skip, index: t.index }).collect();
            let output = Segment { ops }.run(
                self.parameters,
                &self.values.input(),
                &wanted,
                self.watch.cancel_flag(),
                &tile_done,
            )?;
            // The wall time is shared by the operations as the threads shared theirs.
            let wall = started.elapsed().as_secs_f64();
            let busy: f64 = output.op_secs.iter().sum();
            self.stage_secs.extend(output.op_secs.iter().map(|s| wall * s / busy.max(1e-12)));
            let SegmentOutput { ciphertexts, probes, .. } = output;
            self.probes.extend(probes.into_iter().zip(wanted).map(|(ciphertext, probe)| Probed {
                stage: stage + probe.op,
                index: probe.index,
                ciphertext,
            }));
            self.values = Values::Computed(ciphertexts);
        }
        if let Some(drop) = *drop {
            let started = Instant::now();
            let stage = self.stage_secs.len();
            let computed = self.values.take(self.parameters);
            let share = &self.share;
            let report = |s: Step| share.tell(stage..stage + 1, s.done as f64 / s.total as f64);
            let inner = Watch::new(self.watch.cancel_flag().clone(), &report);
            let computed = self.keys.relinearise_and_rescale(
                self.parameters,
                computed,
                drop,
                &inner,
                "rescale",
            )?;
            self.stage_secs.push(started.elapsed().as_secs_f64());
            self.probe(&computed, switch_probes, stage);
            self.values = Values::Computed(computed);
        }
        Ok(1)
    }

    /// A polynomial on the first values, with the others brought to `scale` and `level` after its results;
    /// how many steps the polynomial was.
    fn carry(
        &mut self,
        step: &CkksStep,
        first: usize,
        scale: &Scale,
        level: usize,
    ) -> Result<usize, EngineError> {
        let started = Instant::now();
        let stage = self.stage_secs.len();
        let mut all = self.values.take(self.parameters);
        let beside = all.split_off(first.min(all.len()));
        self.values = Values::Computed(all);
        let inner = Watch::new(self.watch.cancel_flag().clone(), &|_| ());
        let carried = self.parameters.carry(beside, scale, level, &inner, "carry")?;
        let secs = started.elapsed().as_secs_f64();
        let steps = self.polynomials(step, carried)?;
        if let Some(of_stage) = self.stage_secs.get_mut(stage) {
            *of_stage += secs;
        }
        Ok(steps)
    }

    /// A polynomial on all values, with `carried` after its results; how many steps that were.
    fn polynomials(
        &mut self,
        step: &CkksStep,
        carried: Vec<Ciphertext>,
    ) -> Result<usize, EngineError> {
        let CkksStep::Polynomial { parts, gate, probes, .. } = step else { return Ok(1) };
        let started = Instant::now();
        let stage = self.stage_secs.len();
        let inputs = self.values.take(self.parameters);
        let total = inputs.len().max(1) as f64;
        let mut results = Vec::with_capacity(inputs.len());
        let mut rest = inputs.into_iter();
        loop {
            let some: Vec<_> = rest.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                break;
            }
            results.extend(self.polynomial(parts, *gate, some)?);
            self.share.tell(stage..stage + 1, results.len() as f64 / total);
        }
        results.extend(carried);
        self.stage_secs.push(started.elapsed().as_secs_f64());
        self.probe(&results, probes, stage);
        self.values = Values::Computed(results);
        Ok(1)
    }

    /// The polynomial at the head of `steps` group by group, with the linear layer before it where
    /// the stream has it, and the one after it; how many of `steps` that were.
    fn stream(
        &mut self,
        steps: &[CkksStep],
        stream: &Stream,
        before: Option<&CkksStep>,
    ) -> Result<usize, EngineError> {
        let [CkksStep::Polynomial { parts, gate, probes, .. }, after @ ..] = steps else {
            return Ok(1);
        };
        let first = self.stage_secs.len();
        let stage = first + usize::from(before.is_some());
        let source_probes = match before {
            Some(CkksStep::Segment { probes, .. }) => probes.as_slice(),
            _ => &[],
        };
        let mut held: Vec<Option<Ciphertext>> = match before {
            Some(_) => Vec::new(),
            None => self.values.take(self.parameters).into_iter().map(Some).collect(),
        };
        let mut sums: Vec<Option<Ciphertext>> = vec![None; stream.sums];
        let mut results: Vec<Option<Ciphertext>> = match stream.sums {
            0 => vec![None; stream.values],
            _ => Vec::new(),
        };
        let [mut source_secs, mut secs, mut sink_secs] = [0.0; 3];
        for (number, group) in stream.groups.iter().enumerate() {
            let started = Instant::now();
            let inputs = match &group.source {
                Some(op) => self.sums_of(op, &self.values.input())?,
                None => group.values.iter().filter_map(|v| held.get_mut(*v)?.take()).collect(),
            };
            for probe in source_probes {
                self.tap_of(&group.values, &inputs, probe.index, first);
            }
            source_secs += started.elapsed().as_secs_f64();
            let started = Instant::now();
            let values = self.polynomial(parts, *gate, inputs)?;
            for index in probes {
                self.tap_of(&group.values, &values, *index, stage);
            }
            secs += started.elapsed().as_secs_f64();
            let started = Instant::now();
            for sink in &group.sinks {
                let added = self.sums_of(&sink.op, &SegmentInput::Computed(&values))?;
                let before = sink.sums.iter().map(|i| sums.get_mut(*i).and_then(Option::take));
                let pairs: Vec<_> = before.zip(added).collect();
                let grown = pairs
                    .into_par_iter()
                    .map(|(sum, added)| match sum {
                        Some(sum) => self.parameters.add_to(sum, &added),
                        None => Ok(added),
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                for (index, sum) in sink.sums.iter().zip(grown) {
                    if let Some(place) = sums.get_mut(*index) {
                        *place = Some(sum);
                    }
                }
            }
            if stream.sums == 0 {
                for (index, value) in group.values.iter().zip(values) {
                    if let Some(result) = results.get_mut(*index) {
                        *result = Some(value);
                    }
                }
            }
            sink_secs += started.elapsed().as_secs_f64();
            let done = (number + 1) as f64 / stream.groups.len() as f64;
            self.share.tell(first..stage + 1 + usize::from(stream.sums > 0), done);
        }
        self.stage_secs.extend(before.map(|_| source_secs));
        self.stage_secs.push(secs);
        if stream.sums == 0 {
            self.values = Values::Computed(results.into_iter().flatten().collect());
            return Ok(1);
        }
        self.stage_secs.push(sink_secs);
        self.values = Values::Computed(sums.into_iter().flatten().collect());
        let Some(next @ CkksStep::Segment { probes, .. }) = after.first() else { return Ok(1) };
        if let Values::Computed(all) = &self.values {
            let of_first = probes.iter().filter(|t| t.op == 0).map(|t| t.index);
            let indices: Vec<usize> = of_first.collect();
            let tapped: Vec<_> = self.tapped(all, &indices, stage + 1);
            self.probes.extend(tapped);
        }
        Ok(1 + self.segment(next, 1)?)
    }

    /// One linear operation.
    fn sums_of(
        &self,
        op: &SegmentOp,
        input: &SegmentInput<'_>,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let segment = Segment { ops: vec![op.clone()] };
        let cancel = self.watch.cancel_flag();
        Ok(segment.run(self.parameters, input, &[], cancel, &|| ())?.ciphertexts)
    }

    /// The polynomials of `parts`, one after the other, of every value; with a gate, times the value.
    fn polynomial(
        &self,
        parts: &[CkksPart],
        gate: bool,
        values: Vec<Ciphertext>,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let inner = Watch::new(self.watch.cancel_flag().clone(), &|_| ());
        evaluate_parts(self.parameters, self.keys, parts, gate, values, &inner)
    }

    /// Copies the values that are to be measured.
    fn probe(&mut self, values: &[Ciphertext], wanted: &[usize], stage: usize) {
        let tapped = self.tapped(values, wanted, stage);
        self.probes.extend(tapped);
    }

    fn tapped(
        &self,
        values: &[Ciphertext],
        wanted: &[usize],
        stage: usize,
    ) -> Vec<Probed<Ciphertext>> {
        let wanted = wanted.iter().filter(|_| self.measure);
        let copy = |&index: &usize| {
            let ciphertext = values.get(index)?.clone();
            Some(Probed { stage, index, ciphertext })
        };
        wanted.filter_map(copy).collect()
    }

    /// Copies value `index` if it is in the group.
    fn tap_of(&mut self, group: &[usize], values: &[Ciphertext], index: usize, stage: usize) {
        let place = group.iter().position(|v| *v == index).filter(|_| self.measure);
        if let Some(ciphertext) = place.and_then(|at| values.get(at)).cloned() {
            self.probes.push(Probed { stage, index, ciphertext });
        }
    }
}
