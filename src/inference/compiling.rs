//! From a polynomial network to the circuit of a scheme.

use super::session::{Compiled, Session};
use circuit::{
    self, Constraints, IntegerNetwork, LowerError, PlanError, Precision, RealNetwork, RealRequest,
    Request, SchemeKind,
};
use network::{Network, argmax};
use progress::{Cancel, Watch};
use report::Gaps;
use scenario::{RunError, SchemeSelector, limits};
use std::sync::Arc;

/// Training samples that approximate circuits are followed at, at most.
const REAL_CALIBRATION_SAMPLES: usize = 256;

/// Share of samples that an integer network must answer as the network it is made from.
const AGREEMENT: f64 = 0.999;

impl Session {
    /// BGV for networks that were trained for its integers, and where it is faster and answers as
    /// the polynomial network does; CKKS for all others.
    pub(crate) fn automatic(
        &self,
        polynomial: &Network,
        cancel: &Cancel,
    ) -> Result<Compiled, RunError> {
        let exact = self.integer_circuit(polynomial, SchemeKind::Bgv, cancel);
        let asked = &self.scenario.scheme;
        let for_integers = polynomial.quantisation().is_some()
            || asked.input_bits.is_some()
            || asked.weight_bits.is_some()
            || asked.plaintext_bits.is_some();
        if for_integers && !matches!(exact, Err(RunError::Lower(LowerError::Activation { .. }))) {
            return Ok(exact?.0);
        }
        let real = self.real_circuit(polynomial, cancel);
        match (exact, real) {
            (Ok((exact, agreement)), Ok(real)) => {
                // By typical costs, so that the choice is the same each time.
                let faster = match (&exact, &real) {
                    (Compiled::Integer(exact), Compiled::Real(real)) => {
                        exact.typical_secs <= real.typical_secs
                    }
                    _ => false,
                };
                Ok(if faster && agreement >= AGREEMENT { exact } else { real })
            }
            // Integers stand for the network only where they answer as it does.
            (Ok((exact, agreement)), Err(_)) if agreement >= AGREEMENT => Ok(exact),
            (_, real) => real,
        }
    }

    /// The circuit on integers, and the share of calibration samples that it gives the class of
    /// `polynomial`.
    pub(crate) fn integer_circuit(
        &self,
        polynomial: &Network,
        scheme: SchemeKind,
        cancel: &Cancel,
    ) -> Result<(Compiled, f64), RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = self.calibration_inputs();
        let integer = Arc::new(IntegerNetwork::new(polynomial, self.precision(), raw)?);
        let on_calibration = integer.evaluate(&integer.quantise_inputs(raw), &[], &watch)?;
        let request = Request {
            scheme,
            network: &integer,
            calibrated: &on_calibration.largest,
            images: self.images()?,
            threads: self.threads()?,
            constraints: self.constraints(),
        };
        // Past the budget goes only what fits no budget.
        let within = Constraints { past_budget: false, ..request.constraints };
        let circuit = match circuit::plan(&Request { constraints: within, ..request }) {
            Err(PlanError::DoesNotFit { .. }) if request.constraints.past_budget => {
                circuit::plan(&request)?
            }
            planned => planned?,
        };
        let circuit = Arc::new(circuit);
        let agreement = match self.scenario.scheme.kind {
            SchemeSelector::Auto => {
                let outputs = polynomial.forward_batch(raw, &watch)?;
                let classes = polynomial.classes();
                let rows = outputs.chunks(classes).zip(on_calibration.outputs.chunks(classes));
                let same = rows.filter(|(a, b)| argmax(a) == argmax(b)).count();
                same as f64 * classes as f64 / outputs.len().max(1) as f64
            }
            _ => 1.0,
        };
        Ok((Compiled::Integer(circuit), agreement))
    }

    pub(crate) fn real_circuit(
        &self,
        polynomial: &Network,
        cancel: &Cancel,
    ) -> Result<Compiled, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = self.calibration_inputs();
        let network = Arc::new(RealNetwork::new(polynomial, raw)?);
        let some = raw.len().min(REAL_CALIBRATION_SAMPLES * network.inputs());
        let outputs = polynomial.forward_batch(raw, &watch)?;
        let asked = self.scenario.scheme.precision_bits;
        let bound = match outputs.iter().all(|v| v.is_finite()) {
            true => {
                let gaps = Gaps::of(&outputs, polynomial.classes());
                Some(gaps.bound_for(asked, limits::MAX_PRECISION_BITS)?)
            }
            false => None,
        };
        cancel.check()?;
        let calibration = network.inputs_of(&raw[..some]);
        let planned = match &bound {
            Some(bound) => {
                let constraints = self.constraints();
                let request = RealRequest {
                    network: &network,
                    calibration: &calibration,
                    error_bound: bound.error,
                    is_asked: asked.is_some(),
                    images: self.images()?,
                    threads: self.threads()?,
                    constraints: Constraints { past_budget: false, ..constraints },
                    cancel,
                };
                match circuit::plan_real(&request) {
                    Err(PlanError::DoesNotFit { .. }) if constraints.past_budget => {
                        circuit::plan_real(&RealRequest { constraints, ..request })
                    }
                    planned => planned,
                }
            }
            None => Err(PlanError::DoesNotFit {
                reason: "outputs of the polynomial network overflow on calibration data".into(),
                nearest: "use activations of a lower degree".into(),
            }),
        };
        match planned {
            Ok(mut circuit) => {
                let plan = &mut circuit.plan;
                if let Some(bound) = bound {
                    plan.promised_agreement = Some(bound.agreement);
                    plan.warnings.extend(bound.warning);
                }
                Ok(Compiled::Real(Arc::new(circuit)))
            }
            Err(PlanError::DoesNotFit { mut reason, mut nearest }) => {
                if let Some(bound) = bound.filter(|_| asked.is_none()) {
                    reason.push_str(&bound.needs());
                }
                // Polynomials grow fast outside their interval, and with them what is needed.
                let ranges = self.ranges(raw, &watch)?;
                if let Some(range) = ranges.iter().find(|r| r.reach() > 1.1) {
                    nearest = format!(
                        "inputs of {} reach {:.1} times its interval: choose a larger activation.interval; or {nearest}",
                        range.layer,
                        range.reach()
                    );
                }
                Err(PlanError::DoesNotFit { reason, nearest }.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    fn precision(&self) -> Option<Precision> {
        let scheme = &self.scenario.scheme;
        if scheme.input_bits.is_none() && scheme.weight_bits.is_none() {
            return None;
        }
        let default = Precision::default();
        Some(Precision {
            input_bits: scheme.input_bits.unwrap_or(default.input_bits),
            weight_bits: scheme.weight_bits.unwrap_or(default.weight_bits),
        })
    }
}
