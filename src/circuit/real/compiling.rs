//! A candidate becomes a program, with its exact errors and its plan.

use super::blocks::Block;
use super::cost::peak_memory;
use super::feasible::degrees;
use super::network::RealLayer;
use super::planner::{Candidate, Planner, RING_DEGREES};
use super::program::{CkksProgram, RealCircuit};
use super::request::{RealRequest, counted};
use super::stages::{Errors, Parts, outputs, stages};
use crate::candidate::batches;
use crate::cost_table::CostTable;
use crate::plan::{
    Approximate, Plan, PlanBytes, PlanSecs, SchemeKind, StageKind, message, message_in_parts,
};
use crate::request::PlanError;
use crate::warning::{Cause, Warning};
use scheme::ckks::{Ciphertext, EvaluationKeys, FreshBatch};
use scheme::security::TABLE;
use std::sync::Arc;

impl Planner<'_> {
    /// The program of a candidate, with its exact errors and its plan.
    pub fn compile(&self, candidate: &Candidate) -> Result<RealCircuit, PlanError> {
        let Planner { shape, forecast, .. } = *self;
        let request = &RealRequest { error_bound: self.bound, ..*self.request };
        let Candidate { schedule, moduli, .. } = candidate;
        let mut program = CkksProgram::new(shape, schedule, moduli, forecast)?;
        let errors = Errors::new(request.network, shape, schedule, forecast, &program)?;
        let work = self.work(schedule, moduli, &CostTable::of_this_machine().unit);
        let work = work.tried(shape, schedule, &program, request.images, request.threads);
        let parts = Parts { request, shape, schedule, forecast, errors: &errors, work: &work };
        let (stages, of_layer, of_block) = stages(&parts, &program);
        program.set_probes(&of_layer, &of_block);
        let p = &program.parameters;
        let end = shape.network.layers().len();
        let (_, max_error) = errors.at(forecast, end, true, (1, counted(request.images)));
        // Nothing is known more precisely than doubles are.
        let max_error = max_error.max(f64::EPSILON * request.error_bound);
        let choice = &schedule.choice;
        let weights = shape.network.layers().iter().zip(&choice.weight_bits);
        let weights = weights.filter(|(l, _)| matches!(l, RealLayer::Linear { .. }));
        let weight_bits: Vec<u32> = weights.map(|(_, bits)| bits + 1).collect();
        let texts: Vec<String> = weight_bits.iter().map(u32::to_string).collect();
        let runs = batches(request.images, choice.n) as u64;
        let (level, out_parts) = outputs(shape, schedule);
        let count = shape.network.outputs();
        let scale = program.output_scale();
        let inputs = (p.levels(), &program.input_scale);
        let parts = FreshBatch::part_lens(p, shape.network.inputs(), inputs.0);
        let parts = parts.map(|part| FreshBatch::byte_len(p, part, inputs.0, inputs.1));
        let bytes = PlanBytes {
            upload: runs * message_in_parts(parts),
            download: runs * message(Ciphertext::byte_len(p, count, out_parts, level, &scale)),
            evaluation_keys: message(EvaluationKeys::byte_len(p, 0)),
            peak_memory: peak_memory(shape, schedule, request.threads),
        };
        let base = schedule.base();
        let squares = stages.iter().filter(|s| s.kind == StageKind::Square).count();
        let polynomials: usize = shape
            .blocks
            .iter()
            .map(|b| if let Block::Polynomial { layer } = b { shape.levels(*layer) } else { 0 })
            .sum();
        let plan = Plan {
            scheme: SchemeKind::Ckks,
            ring_degree: choice.n,
            primes: moduli.chain.clone(),
            plaintext_moduli: Vec::new(),
            log2_q: p.log2_q(p.levels()),
            log2_qp: p.log2_qp(),
            plaintext_bits: 0.0,
            security_bits: p.security_bits(),
            security_table: TABLE.to_owned(),
            depth: squares + polynomials,
            precision: format!(
                "weights {} bits, scales 2^{:.0} of inputs and 2^{} inside",
                texts.join("/"),
                program.input_scale.log2(),
                choice.scale_bits
            ),
            images: request.images,
            batches: runs as usize,
            threads: request.threads,
            warnings: warnings(request.error_bound, max_error, errors.least_headroom_bits()),
            promised_agreement: None,
            stages,
            bytes,
            secs: PlanSecs {
                keygen: work.keygen,
                encrypt: work.encrypt,
                evaluate: work.evaluate(),
                decrypt: work.decrypt,
            },
            tables: None,
            sequence: None,
            approximate: Some(Approximate {
                error_bound: request.error_bound,
                max_error,
                special_primes: moduli.special.clone(),
                digit_primes: moduli.digit_primes,
                levels: schedule.drops.iter().map(Vec::len).sum(),
                input_scale_bits: program.input_scale.log2(),
                scale_bits: f64::from(choice.scale_bits),
                weight_bits,
                degrees: degrees(shape.network, choice.scale_bits, base, &RING_DEGREES),
            }),
        };
        let network = Arc::clone(request.network);
        let typical_secs = candidate.work.total();
        Ok(RealCircuit { probes: program.probes(), plan, network, program, typical_secs })
    }
}

fn warnings(bound: f64, max_error: f64, headroom_bits: f64) -> Vec<Warning> {
    let cause = match headroom_bits < 0.0 {
        true => Some(Cause::ModulusShort { bits: -headroom_bits }),
        false => (max_error > bound).then_some(Cause::ErrorAboveBound { error: max_error, bound }),
    };
    cause.map(Warning::from).into_iter().collect()
}
