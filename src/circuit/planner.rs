//! The choice of parameters: the cheapest that decrypts and is secure, or why there is none.

use super::candidate::{Candidate, ExactScheme, Work, batches};
use super::compiled::Circuit;
use super::cost_table::CostTable;
use super::noise::{Forecast, Ring};
use super::plan::{Plan, PlanSecs};
use super::request::*;
use super::warning::{Cause, Warning};
use ring::{Modulus, ntt_primes};
use scheme::security::{MIN_SECURITY_BITS, max_log2_qp, ring_degrees, security_bits};
use std::sync::Arc;

/// Widths tried, widest first.
const PRIME_BITS_TRIED: [u32; 7] = [50, 48, 46, 44, 42, 40, 36];

/// Points followed for the forecast that is shown.
const SAMPLES: usize = 128;

/// Plans `request`.
pub fn plan(request: &Request) -> Result<Circuit, PlanError> {
    check(&request.constraints)?;
    let found = search(request, request.constraints);
    let (typical_secs, candidate) = found.ok_or_else(|| refusal(request))?;
    compile(request, candidate, typical_secs)
}

/// The cheapest candidate that fits, with its seconds, by typical costs.
fn search(request: &Request, constraints: Constraints) -> Option<(f64, Candidate)> {
    let costs = CostTable::typical();
    let needed = needed_plaintext_bits(request);
    let mut best: Option<(f64, Candidate)> = None;
    let degrees = ring_degrees().filter(|n| *n <= MAX_RING_DEGREE);
    for n in degrees.filter(|n| constraints.ring_degree.is_none_or(|fixed| fixed == *n)) {
        for moduli in plaintext_choices(n, needed, constraints) {
            let tried: Vec<u32> = match constraints.prime_bits {
                Some(bits) => vec![bits],
                None => PRIME_BITS_TRIED.to_vec(),
            };
            for bits in tried {
                let least = best.as_ref().map_or(f64::INFINITY, |(least, _)| *least);
                let found =
                    smallest_modulus(request, n, &moduli, bits, constraints, (least, &costs));
                let Some(candidate) = found else { continue };
                let secs = work(request, &candidate, &costs).total();
                if secs < least {
                    best = Some((secs, candidate));
                }
            }
        }
    }
    best
}

/// The candidate with the fewest primes of `bits` bits that has the margin; `None` as well when it
/// would take `most_secs` or longer.
fn smallest_modulus(
    request: &Request,
    n: usize,
    moduli: &[u64],
    bits: u32,
    constraints: Constraints,
    (most_secs, costs): (f64, &CostTable),
) -> Option<Candidate> {
    let max = f64::from(max_log2_qp(n)?);
    let t = moduli.iter().copied().max()?;
    let least = (ExactScheme::of(request.scheme).least_primes)(t, bits)?;
    let counts = match constraints.prime_count {
        Some(count) => count.max(least)..=count,
        None => least..=MAX_PRIMES,
    };
    let mut last = None;
    for count in counts {
        let primes = ntt_primes(bits, n, count, moduli);
        let log2_q: f64 = primes.iter().map(|q| (*q as f64).log2()).sum();
        if primes.len() < count || log2_q > max {
            break;
        }
        let noise = forecast(request, Ring { n, t, moduli, primes: &primes }, None);
        let mut candidate = Candidate { n, primes, moduli: moduli.to_vec(), forecast: noise };
        if candidate.worst_margin() >= REQUIRED_MARGIN_BITS {
            if work(request, &candidate, costs).total() >= most_secs {
                return None;
            }
            candidate.forecast = forecast(request, candidate.ring(), Some(SAMPLES / 4));
            if candidate.worst_margin() >= REQUIRED_MARGIN_BITS {
                return Some(candidate);
            }
        }
        last = Some(candidate);
    }
    // Past the budget what was asked for is taken as it is, with the largest modulus tried.
    last.filter(|_| constraints.past_budget)
}

fn refusal(request: &Request) -> PlanError {
    let c = request.constraints;
    let needed = needed_plaintext_bits(request);
    let depth = request.network.depth();
    let mut fixed = Vec::new();
    if let Some(n) = c.ring_degree {
        fixed.push(format!("N = {n} (at most {} bits of q)", max_log2_qp(n).unwrap_or(0)));
    }
    if let Some(k) = c.prime_count {
        fixed.push(format!("{k} primes"));
    }
    if let Some(b) = c.prime_bits {
        fixed.push(format!("primes of {b} bits"));
    }
    if let Some(b) = c.plaintext_bits {
        fixed.push(format!("plaintext moduli of {b} bits"));
    }
    let circuit = format!("{depth} squarings on outputs of {needed:.0} bits");
    let reason = if fixed.is_empty() {
        format!(
            "{circuit} leave no margin for any N up to {MAX_RING_DEGREE} at {MIN_SECURITY_BITS} bits of security"
        )
    } else {
        format!(
            "{circuit} leave less than {REQUIRED_MARGIN_BITS} bits of margin at {MIN_SECURITY_BITS} bits of security with {}",
            fixed.join(", ")
        )
    };
    let nearest = match search(request, Constraints::default()) {
        Some((_, found)) if !fixed.is_empty() => {
            let bits = |values: &[u64]| values.first().map_or(0, |q| 64 - q.leading_zeros());
            format!(
                "what fits: N = {}, {} primes of {} bits, {} plaintext modulus of {} bits",
                found.n,
                found.primes.len(),
                bits(&found.primes),
                found.moduli.len(),
                bits(&found.moduli)
            )
        }
        _ => "use fewer bits for inputs and weights, or fewer square activations".to_owned(),
    };
    PlanError::DoesNotFit { reason, nearest }
}

/// Noise in `ring`: by `samples` random points, or a fast estimate without them.
fn forecast(request: &Request, ring: Ring, samples: Option<usize>) -> Forecast {
    let (layers, inputs) = (request.network.layers(), request.network.inputs());
    let scheme = ExactScheme::of(request.scheme);
    match samples {
        None => (scheme.estimate)(layers, inputs, ring),
        Some(samples) => (scheme.simulate)(layers, inputs, ring, samples),
    }
}

fn work(request: &Request, candidate: &Candidate, costs: &CostTable) -> Work {
    (ExactScheme::of(request.scheme).work)(request, candidate, costs)
}

fn compile(
    request: &Request,
    mut candidate: Candidate,
    typical_secs: f64,
) -> Result<Circuit, PlanError> {
    let costs = CostTable::of_this_machine();
    let network = request.network;
    candidate.forecast = forecast(request, candidate.ring(), Some(SAMPLES));
    let scheme = ExactScheme::of(request.scheme);
    let work = (scheme.chosen_work)(request, &candidate, costs);
    let worst = network.worst_ranges();
    let compiled = (scheme.compile)(request, &candidate, &work, &worst)?;
    let log2 = |values: &[u64]| values.iter().map(|q| (*q as f64).log2()).sum::<f64>();
    let log2_q = log2(&candidate.primes);
    let plan = Plan {
        scheme: request.scheme,
        ring_degree: candidate.n,
        log2_q,
        log2_qp: log2_q,
        plaintext_bits: log2(&candidate.moduli),
        security_bits: security_bits(candidate.n, log2_q),
        security_table: scheme.security_table.to_owned(),
        depth: network.depth(),
        precision: network.precision(),
        images: request.images,
        batches: batches(request.images, candidate.n),
        threads: request.threads,
        secs: PlanSecs {
            keygen: work.keygen,
            encrypt: work.encrypt,
            evaluate: work.layers.iter().chain(&work.switches).sum(),
            decrypt: work.decrypt,
        },
        warnings: warnings(request, &candidate, &worst),
        promised_agreement: Some(1.0),
        stages: compiled.stages,
        bytes: compiled.bytes,
        primes: candidate.primes.clone(),
        plaintext_moduli: candidate.moduli.clone(),
        approximate: None,
        tables: None,
        sequence: None,
    };
    Ok(Circuit {
        probes: compiled.probes,
        moduli: candidate.moduli.iter().filter_map(|t| Modulus::new(*t)).collect(),
        network: Arc::clone(network),
        program: compiled.program,
        typical_secs,
        plan,
    })
}

fn warnings(request: &Request, candidate: &Candidate, worst: &[f64]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let margin_bits = candidate.worst_margin();
    if margin_bits < REQUIRED_MARGIN_BITS {
        warnings.push(Cause::MarginShort { margin_bits, required_bits: REQUIRED_MARGIN_BITS });
    }
    let bits: f64 = candidate.moduli.iter().map(|t| (*t as f64).log2()).sum();
    let reach = request.calibrated.last().copied().unwrap_or(0.0);
    if signed_bits(reach) > bits {
        warnings.push(Cause::OutputsWrap { reach, bits });
    } else if worst.last().is_some_and(|w| signed_bits(*w) > bits) {
        warnings.push(Cause::OutputsMayWrap { reach, spare_bits: bits - signed_bits(reach) });
    }
    let clipped = request.network.clipped_weights().iter();
    let advice =
        "set scheme.weight_bits to give the weights a grid of their own, or train the model again";
    warnings.extend(clipped.map(|weights| Cause::WeightsClipped { weights, advice }));
    warnings.into_iter().map(Warning::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::kernel_macs;
    use crate::tests::{integer_network, request};
    use crate::{IntegerLayer, Program};

    #[test]
    fn plans_are_secure_and_keep_the_margin() {
        for (depth, output_bits) in [(0, 8.0), (1, 18.0), (2, 30.0), (2, 48.0), (3, 50.0)] {
            let network = integer_network(depth, 16);
            let request = request(&network, output_bits, Constraints::default());
            let circuit = plan(&request).unwrap();
            let plan = &circuit.plan;
            assert!(plan.security_bits >= 128 && plan.margin_bits() >= REQUIRED_MARGIN_BITS);
            assert!(plan.plaintext_bits >= needed_plaintext_bits(&request));
            assert_eq!(plan.stages.len(), 1 + network.layers().len() + depth.saturating_sub(1));
            let Program::Bgv(program) = &circuit.program else { panic!("planned for BGV") };
            assert_eq!(program.steps.len(), depth.max(1));
        }
    }

    #[test]
    fn outputs_too_wide_for_one_modulus_are_split_over_several() {
        let network = integer_network(3, 16);
        let circuit = plan(&request(&network, 75.0, Constraints::default())).unwrap();
        assert!(circuit.plan.plaintext_moduli.len() >= 2);
        assert!(circuit.plan.plaintext_bits >= 75.0);
        assert_eq!(circuit.moduli.len(), circuit.plan.plaintext_moduli.len());
    }

    #[test]
    fn what_the_user_fixes_is_kept_or_refused_with_what_fits() {
        let network = integer_network(2, 16);
        let fixed =
            Constraints { ring_degree: Some(16_384), prime_bits: Some(44), ..Default::default() };
        let circuit = plan(&request(&network, 30.0, fixed)).unwrap();
        assert_eq!(circuit.plan.ring_degree, 16_384);
        assert!(circuit.plan.primes.iter().all(|q| q.ilog2() == 43));

        let small = Constraints { ring_degree: Some(4096), ..Default::default() };
        let text = plan(&request(&network, 30.0, small)).unwrap_err().to_string();
        assert!(text.contains("N = 4096 (at most 106 bits of q)"), "{text}");
        assert!(text.contains("what fits: N = 8192"), "{text}");

        let past = Constraints { past_budget: true, ..small };
        let circuit = plan(&request(&network, 30.0, past)).unwrap();
        assert!(circuit.plan.margin_bits() < REQUIRED_MARGIN_BITS);
        assert!(circuit.plan.security_bits >= 128, "security is never loosened");
        assert!(circuit.plan.warnings.iter().any(|w| w.kind == "past_budget"));
    }

    #[test]
    fn settings_out_of_range_are_refused_with_the_range() {
        let network = integer_network(1, 8);
        let refuse = |constraints, part: &str| {
            let text = plan(&request(&network, 20.0, constraints)).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        };
        refuse(
            Constraints { ring_degree: Some(5000), ..Default::default() },
            "scheme.ring_degree is 5000; 2048, 4096",
        );
        refuse(
            Constraints { prime_bits: Some(60), ..Default::default() },
            "scheme.prime_bits is 60; 30 to 50",
        );
        refuse(
            Constraints { prime_count: Some(0), ..Default::default() },
            "scheme.prime_count is 0; 1 to 16",
        );
        refuse(
            Constraints { plaintext_bits: Some(5), ..Default::default() },
            "scheme.plaintext_bits is 5; 16 to 50",
        );
    }

    #[test]
    fn a_circuit_too_deep_for_any_ring_is_refused() {
        let network = integer_network(16, 8);
        let text = plan(&request(&network, 110.0, Constraints::default())).unwrap_err().to_string();
        assert!(text.contains("16 squarings") && text.contains("use fewer"), "{text}");
    }

    #[test]
    fn the_cost_model_counts_what_the_kernels_do() {
        let network = integer_network(2, 17);
        for bits in [44, 48, 50] {
            for layer in network.layers() {
                let IntegerLayer::Linear { rows, .. } = layer else { continue };
                let inputs = rows[0].columns.len();
                let map = ring::LinearMap::new(inputs, rows, bits).unwrap();
                assert_eq!(kernel_macs(rows, 52 - bits), map.kernel_macs() as f64);
            }
        }
    }
}
