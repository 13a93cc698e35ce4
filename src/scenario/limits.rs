//! Ranges of settings: a value outside is refused, whether the run uses it or not.

use super::activation_request::{LayerInterval, LayerRequests};
use super::error::RunError;
use super::scenario::{Scenario, SchemeSelector};
use activation::MAX_DEGREE;
use circuit::{LWE_DIMENSIONS, PLAINTEXT_BITS, PRIME_BITS};
use network::table::MAX_BITS;
use scheme::security::ring_degrees;

/// Bits of inputs and weights that integers may have.
const INTEGER_BITS: std::ops::RangeInclusive<u32> = 2..=12;

/// Most bits of precision that outputs may be asked for.
pub const MAX_PRECISION_BITS: u32 = 30;

/// Intervals that polynomials are fitted on.
const HALF_WIDTHS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// Most primes of a modulus, under any scheme.
const MAX_PRIMES: u64 = 48;

/// Holds every number of `scenario` that has a range of its own against it; those whose range depends on
/// model and data are held against it where these are known.
///
/// # Errors
/// The first that is outside, with the range.
pub fn check(scenario: &Scenario) -> Result<(), RunError> {
    let (choice, scheme) = (&scenario.activation, &scenario.scheme);
    super::shown::check(&scenario.show).map_err(RunError::Refused)?;
    degree("activation.degree", choice.degree)?;
    half_width("activation.interval", choice.interval)?;
    layers(&choice.layers)?;
    let bits = |range: &std::ops::RangeInclusive<u32>| {
        (u64::from(*range.start()), u64::from(*range.end()))
    };
    let wide = |given: Option<u32>| given.map(u64::from);
    let all = [
        ("activation.bits", wide(choice.bits), (1, u64::from(MAX_BITS))),
        ("scheme.prime_count", scheme.prime_count.map(|k| k as u64), (1, MAX_PRIMES)),
        ("scheme.prime_bits", wide(scheme.prime_bits), bits(&PRIME_BITS)),
        ("scheme.plaintext_bits", wide(scheme.plaintext_bits), bits(&PLAINTEXT_BITS)),
        ("scheme.input_bits", wide(scheme.input_bits), bits(&INTEGER_BITS)),
        ("scheme.weight_bits", wide(scheme.weight_bits), bits(&INTEGER_BITS)),
        ("scheme.precision_bits", wide(scheme.precision_bits), (0, u64::from(MAX_PRECISION_BITS))),
        (
            "scheme.lwe_dimension",
            scheme.lwe_dimension.map(|n| n as u64),
            (*LWE_DIMENSIONS.start() as u64, *LWE_DIMENSIONS.end() as u64),
        ),
    ];
    for (path, given, (low, high)) in all {
        if let Some(given) = given.filter(|given| !(low..=high).contains(given)) {
            // The planner of a scheme knows its own, narrower range.
            if path != "scheme.prime_count" || !plans_primes(scenario) {
                return Err(outside(path, &given, &format!("{low} to {high}")));
            }
        }
    }
    let no_degree = |n: &usize| !ring_degrees().any(|known| known == *n);
    match scheme.ring_degree.filter(no_degree) {
        Some(n) if !plans_primes(scenario) => {
            let known: Vec<String> = ring_degrees().map(|n| n.to_string()).collect();
            Err(outside("scheme.ring_degree", &n, &known.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Whether the run is planned with a ring degree and primes of its own.
fn plans_primes(scenario: &Scenario) -> bool {
    scenario.scheme.kind != SchemeSelector::Tfhe && scenario.sequence.is_none()
}

fn layers(all: &LayerRequests) -> Result<(), RunError> {
    for (at, own) in all.numbered() {
        if let Some(given) = own.degree {
            degree(&format!("activation.layers.{at}.degree"), given)?;
        }
        let path = format!("activation.layers.{at}.interval");
        match own.interval {
            Some(LayerInterval::HalfWidth(half)) => half_width(&path, half)?,
            Some(LayerInterval::Ends([low, high])) => {
                let most = HALF_WIDTHS.end();
                if !(-most <= low && low < high && high <= *most) {
                    let given = format!("[{low}, {high}]");
                    return Err(outside(&path, &given, &format!("rising ends within ±{most}")));
                }
            }
            None => {}
        }
    }
    Ok(())
}

fn degree(path: &str, given: usize) -> Result<(), RunError> {
    match (1..=MAX_DEGREE).contains(&given) {
        true => Ok(()),
        false => Err(outside(path, &given, &format!("1 to {MAX_DEGREE}"))),
    }
}

fn half_width(path: &str, given: f64) -> Result<(), RunError> {
    match HALF_WIDTHS.contains(&given) {
        true => Ok(()),
        false => {
            let (low, high) = (HALF_WIDTHS.start(), HALF_WIDTHS.end());
            Err(outside(path, &given, &format!("half-widths of {low} to {high}")))
        }
    }
}

fn outside(path: &str, given: &impl std::fmt::Display, allowed: &str) -> RunError {
    RunError::Refused(format!("{path} is {given}; {allowed} are possible"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_out_of_its_range_is_refused_whether_it_is_used_or_not() {
        for (name, setting, range) in [
            ("digits", "activation.degree=99", "1 to 63"),
            ("digits", "activation.degree=0", "1 to 63"),
            ("digits", "activation.interval=-1", "0.000001 to 1000000"),
            ("digits", "activation.bits=9", "1 to 6"),
            ("digits", "activation.layers.1.degree=64", "1 to 63"),
            ("digits", "activation.layers.1.interval=[2, 1]", "rising ends"),
            ("digits", "scheme.lwe_dimension=3", "440 to 1200"),
            ("digits", "scheme.precision_bits=31", "0 to 30"),
            ("deep", "scheme.weight_bits=13", "2 to 12"),
            ("cryptornn", "scheme.prime_bits=51", "30 to 50"),
            ("cryptornn", "scheme.plaintext_bits=1", "16 to 50"),
            ("cryptornn", "scheme.prime_count=0", "1 to 48"),
            ("cryptornn", "scheme.ring_degree=1000", "32768"),
        ] {
            let scenario = Scenario::open(name).unwrap().with_setting(setting).unwrap();
            let text = check(&scenario).unwrap_err().to_string();
            let path = setting.split('=').next().unwrap();
            assert!(text.starts_with(path) && text.contains(range), "{setting}: {text}");
        }
        for scenario in Scenario::built_in() {
            check(&scenario).unwrap();
        }
    }
}
