//! Which setting is used by what: none is taken and then ignored without a word.

use super::error::RunError;
use super::scenario::Scenario;
use crate::activation_request::{ActivationKind, LayerRequests};
use activation::Method;
use circuit::{Cause, NoiseStrategy, SchemeKind, Warning};
use network::LayerRule;

/// What carries a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Scheme(SchemeKind),
    /// A recurrent network.
    Sequence(NoiseStrategy),
}

impl From<SchemeKind> for Carrier {
    fn from(scheme: SchemeKind) -> Self {
        Self::Scheme(scheme)
    }
}

impl Carrier {
    /// What a run is under, or with.
    fn name(self) -> String {
        match self {
            Self::Scheme(scheme) => format!("under {}", scheme.name()),
            Self::Sequence(strategy) => format!("with sequence.strategy={}", strategy.id()),
        }
    }

    /// Whether it computes with exact integers.
    fn is_exact(self) -> bool {
        matches!(self, Self::Scheme(scheme) if scheme.is_exact())
    }

    /// Whether functions are approximated by polynomials.
    fn approximates(self) -> bool {
        !matches!(
            self,
            TFHE | Self::Sequence(NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap)
        )
    }
}

/// A setting that not every carrier uses.
struct Setting {
    path: &'static str,
    is_set: fn(&Scenario) -> bool,
    used_by: fn(Carrier) -> bool,
    /// What uses it, for people.
    owners: &'static str,
}

use Carrier::Sequence;

const CKKS: Carrier = Carrier::Scheme(SchemeKind::Ckks);
const TFHE: Carrier = Carrier::Scheme(SchemeKind::Tfhe);

const SETTINGS: [Setting; 11] = [
    Setting {
        path: "scheme.ring_degree",
        is_set: |s| s.scheme.ring_degree.is_some(),
        used_by: |c| c != Sequence(NoiseStrategy::Bootstrap),
        owners: "all schemes but bootstrapping of recurrent networks",
    },
    Setting {
        path: "scheme.prime_count",
        is_set: |s| s.scheme.prime_count.is_some(),
        used_by: |c| c.is_exact() || c == CKKS,
        owners: "BGV, BFV and CKKS on feed-forward networks",
    },
    Setting {
        path: "scheme.prime_bits",
        is_set: |s| s.scheme.prime_bits.is_some(),
        used_by: |c| c.is_exact() || c == CKKS,
        owners: "BGV, BFV and CKKS on feed-forward networks",
    },
    Setting {
        path: "scheme.plaintext_bits",
        is_set: |s| s.scheme.plaintext_bits.is_some(),
        used_by: Carrier::is_exact,
        owners: "BGV and BFV",
    },
    Setting {
        path: "scheme.input_bits",
        is_set: |s| s.scheme.input_bits.is_some(),
        used_by: Carrier::is_exact,
        owners: "BGV and BFV",
    },
    Setting {
        path: "scheme.weight_bits",
        is_set: |s| s.scheme.weight_bits.is_some(),
        used_by: Carrier::is_exact,
        owners: "BGV and BFV",
    },
    Setting {
        path: "scheme.precision_bits",
        is_set: |s| s.scheme.precision_bits.is_some(),
        used_by: |c| c == CKKS || matches!(c, Sequence(r) if r != NoiseStrategy::Bootstrap),
        owners: "CKKS",
    },
    Setting {
        path: "scheme.lwe_dimension",
        is_set: |s| s.scheme.lwe_dimension.is_some(),
        used_by: |c| c == TFHE,
        owners: "TFHE on feed-forward networks",
    },
    Setting {
        path: "scheme.past_budget",
        is_set: |s| s.scheme.past_budget,
        used_by: |c| !matches!(c, Sequence(_)),
        owners: "feed-forward networks",
    },
    Setting {
        path: "activation.bits",
        is_set: |s| s.activation.bits.is_some(),
        used_by: |c| c == TFHE,
        owners: "lookup tables of feed-forward networks",
    },
    Setting {
        path: "sequence.refresh_every",
        is_set: |s| s.sequence.as_ref().is_some_and(|q| q.refresh_every.is_some()),
        used_by: |c| c == Sequence(NoiseStrategy::Refresh),
        owners: "sequence.strategy=refresh",
    },
];

/// An activation layer, or a gate.
pub struct Function {
    pub name: String,
    pub is_polynomial: bool,
}

fn warning(path: &str, reason: &str) -> Warning {
    Cause::NotUsed { path, reason }.into()
}

/// A warning for each setting of `scenario` that `carrier` does not use on a network with these
/// `functions`.
pub fn unused(scenario: &Scenario, carrier: Carrier, functions: &[Function]) -> Vec<Warning> {
    let idle = SETTINGS.iter().filter(|s| (s.is_set)(scenario) && !(s.used_by)(carrier));
    let reason = |s: &Setting| format!("it is of {}, and this runs {}", s.owners, carrier.name());
    let mut all: Vec<Warning> = idle.map(|s| warning(s.path, &reason(s))).collect();
    all.extend(unused_of_activations(scenario, carrier, functions));
    let built_in = Scenario::built_in().into_iter().find(|s| s.name == scenario.name);
    let usual = built_in.and_then(|s| s.training);
    if scenario.training.is_some() && scenario.training != usual {
        all.push(warning("training", "it is of encrypted training: cryptoscope train"));
    }
    all
}

/// The same for what approximations are made with. Values that are those of a built-in scenario
/// were not asked for.
fn unused_of_activations(
    scenario: &Scenario,
    carrier: Carrier,
    functions: &[Function],
) -> Vec<Warning> {
    let choice = &scenario.activation;
    let built_in = Scenario::built_in().into_iter().find(|s| s.name == scenario.name);
    let usual = [
        Some(crate::activation_request::ActivationRequest::default()),
        built_in.map(|s| s.activation),
    ];
    let usual = || usual.iter().flatten();
    let mut set = Vec::new();
    if usual().all(|u| u.method != choice.method) {
        set.push("activation.method");
    }
    if usual().all(|u| u.degree != choice.degree) {
        set.push("activation.degree");
    }
    if usual().all(|u| u.interval != choice.interval) {
        set.push("activation.interval");
    }
    if choice.polynomial.is_some() {
        set.push("activation.polynomial");
    }
    if !carrier.approximates() || choice.kind == ActivationKind::Lookup {
        if !choice.layers.is_same() {
            set.push("activation.layers");
        }
        let reason = format!("nothing is approximated by polynomials {}", carrier.name());
        return set.into_iter().map(|path| warning(path, &reason)).collect();
    }
    let names: Vec<String> = functions.iter().map(|f| f.name.clone()).collect();
    // What is wrong with them has been told.
    let rules = choice.rules(&names).unwrap_or_default();
    let replaced = || {
        let all = functions.iter().zip(&rules).filter(|(f, _)| !f.is_polynomial);
        all.filter_map(|(_, rule): (_, &LayerRule)| rule.method)
    };
    let none = "every activation of the model is a polynomial already, or keeps its function";
    let unused = |path: &&str| match *path {
        "activation.degree" => !replaced().any(Method::uses_degree),
        "activation.polynomial" => !replaced().any(Method::takes_coefficients),
        _ => replaced().next().is_none(),
    };
    let reason = |path: &str| match (replaced().next(), path) {
        (None, _) => none.to_owned(),
        (Some(method), "activation.polynomial") => {
            format!("the method {} finds its coefficients itself; own takes them", method.id())
        }
        (Some(method), _) => format!("the method {} has no degree to choose", method.id()),
    };
    let mut all: Vec<Warning> =
        set.into_iter().filter(unused).map(|path| warning(path, &reason(path))).collect();
    if !matches!(choice.layers, LayerRequests::Same) {
        for (at, function) in functions.iter().enumerate().filter(|(_, f)| f.is_polynomial) {
            if choice.layers.of(at).is_some_and(|own| *own != Default::default()) {
                let path = format!("activation.layers.{}", at + 1);
                all.push(warning(&path, &format!("{} is a polynomial already", function.name)));
            }
        }
    }
    all
}

/// Refuses what a recurrent scenario asks for and no noise-management strategy of its kind can do.
///
/// # Errors
/// When the scheme, or lookup tables, do not go with the strategy.
pub fn check_sequence(scenario: &Scenario, strategy: NoiseStrategy) -> Result<(), RunError> {
    let tables = strategy == NoiseStrategy::Bootstrap;
    match scenario.scheme.kind.scheme() {
        Some(scheme) if scheme.is_exact() => {
            let name = scheme.name().to_lowercase();
            return Err(RunError::Refused(format!(
                "scheme.kind is {name}; recurrent networks run under CKKS (ckks or auto), or with lookup tables under TFHE (sequence.strategy=bootstrap)"
            )));
        }
        Some(SchemeKind::Tfhe) if !tables => {
            return Err(RunError::Refused(format!(
                "scheme.kind is tfhe, but sequence.strategy={} runs under CKKS: set sequence.strategy=bootstrap, or scheme.kind=ckks",
                strategy.id()
            )));
        }
        _ => {}
    }
    if scenario.activation.kind == ActivationKind::Lookup && !tables {
        return Err(RunError::Refused(format!(
            "activation.kind is lookup, but sequence.strategy={} has no lookup tables: set sequence.strategy=bootstrap, or activation.kind=polynomial",
            strategy.id()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(warnings: &[Warning]) -> Vec<&str> {
        let name = |w: &'_ Warning| w.message.find(" is not used").unwrap_or(0);
        warnings.iter().map(|w| &w.message[..name(w)]).collect()
    }

    fn function(name: &str, is_polynomial: bool) -> Function {
        Function { name: name.into(), is_polynomial }
    }

    #[test]
    fn built_in_scenarios_have_no_setting_that_is_not_used() {
        let relu = [function("relu", false)];
        let square = [function("square", true)];
        for scenario in Scenario::built_in() {
            let mut carriers = SchemeKind::ALL.map(Carrier::from).to_vec();
            if scenario.sequence.is_some() {
                carriers = NoiseStrategy::ALL.map(Sequence).to_vec();
            }
            for (carrier, functions) in carriers.iter().flat_map(|c| [(c, &relu), (c, &square)]) {
                let found = unused(&scenario, *carrier, functions);
                assert!(found.is_empty(), "{} {carrier:?}: {found:?}", scenario.name);
            }
        }
    }

    #[test]
    fn approximations_are_used_where_there_is_something_to_approximate() {
        let with = |settings: &[&str]| {
            let start = Scenario::open("digits").unwrap();
            settings.iter().fold(start, |s, set| s.with_setting(set).unwrap())
        };
        let both = [function("square", true), function("tanh", false)];
        let minimax =
            with(&["activation.method=minimax", "activation.degree=5", "activation.interval=2"]);
        assert!(unused(&minimax, CKKS, &both).is_empty());
        let all = ["activation.method", "activation.degree", "activation.interval"];
        assert_eq!(names(&unused(&minimax, CKKS, &both[..1])), all);
        assert_eq!(names(&unused(&minimax, TFHE, &both)), all);
        assert_eq!(names(&unused(&minimax, Sequence(NoiseStrategy::ClientAided), &both)), all);
        let square = with(&["activation.method=square", "activation.degree=5"]);
        assert_eq!(
            names(&unused(&square, Carrier::Scheme(SchemeKind::Bgv), &both)),
            ["activation.degree"]
        );
        let first = with(&["activation.layers.1.degree=5"]);
        assert_eq!(names(&unused(&first, CKKS, &both)), ["activation.layers.1"]);
        let keep = with(&["activation.degree=0", "activation.interval=-1"]);
        assert_eq!(names(&unused(&keep, Carrier::Scheme(SchemeKind::Bgv), &both)), all[1..]);
    }
}
