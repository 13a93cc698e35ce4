//! Key switch and programmable bootstrapping of the parameter sets that the planner chooses from.

use super::harness::{BenchError, Harness, demand};
use super::measurement::Measurement;
use circuit::table::FAMILIES;
use progress::Cancelled;
use ring::Seed;
use scheme::tfhe::{
    Decomposition, LookupPolynomial, LweList, NoiseModel, SecretKey, Switched, TfheError,
    TfheParameters,
};

/// Dimensions n of each family: what one layer of tables needs, and what several do.
const LWE_DIMENSIONS: [usize; 2] = [620, 780];

/// Ciphertexts of a repetition.
const TOGETHER: usize = 16;

const PBS: Decomposition = Decomposition { base_log: 23, levels: 1 };
const KEY_SWITCH: Decomposition = Decomposition { base_log: 3, levels: 5 };

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    for family in FAMILIES {
        for n in LWE_DIMENSIONS {
            let parameters = TfheParameters::secure(n, family, PBS, KEY_SWITCH).map_err(refused)?;
            one(harness, &parameters)?;
        }
    }
    Ok(())
}

fn refused(error: TfheError) -> BenchError {
    match error {
        TfheError::Cancelled(c) => BenchError::Cancelled(c),
        other => BenchError::Refused(other.to_string()),
    }
}

/// Sixteen steps over half the circle.
fn stairs(parameters: &TfheParameters) -> LookupPolynomial {
    let size = parameters.polynomial_size as i64;
    let level = move |p: i64| (((p + size / 2) * 16).div_euclid(size) as u32) << 26;
    LookupPolynomial::new(parameters, &[&level])
}

fn one(harness: &mut Harness, parameters: &TfheParameters) -> Result<(), BenchError> {
    let seed = Seed::from_number(harness.options.seed);
    let secret = SecretKey::generate(parameters, &seed);
    let keys = secret.server_keys(parameters, true, &seed, harness.watch).map_err(refused)?;
    let wire_bytes = keys.to_bytes(parameters).len();
    let keys = keys.expand(parameters, harness.watch).map_err(refused)?;
    // The middle of each step.
    let message = |i: usize| ((i as u32 % 16) << 27).wrapping_add(1 << 26).wrapping_sub(1 << 30);
    let messages: Vec<u32> = (0..TOGETHER).map(message).collect();
    let inputs = secret.encrypt(parameters, &messages, &seed).expand(parameters);
    let switched: Vec<Switched> = inputs.iter().map(|c| Switched::new(parameters, c, 0)).collect();
    let table = stairs(parameters);
    let name = |what: &str| {
        let p = parameters;
        format!("{what} n {} k {} N {}", p.lwe_dimension, p.glwe_dimension, p.polynomial_size)
    };
    let watch = harness.watch;
    let (timing, outputs) = harness.time(
        &name("pbs"),
        || (),
        |()| keys.bootstrap(&switched, &table, 1, watch).map_err(stopped),
    )?;
    let outputs = outputs.first().cloned().unwrap_or_else(|| LweList::zeros(1, 0));
    for (i, c) in outputs.iter().enumerate() {
        let phase = secret.phase(c).map_err(refused)?;
        let off = phase.wrapping_sub((i as u32 % 16) << 26) as i32;
        demand(off.unsigned_abs() < 1 << 25, &name("pbs"), || format!("step {i} gave {phase:#x}"))?;
    }
    let model = NoiseModel::new(parameters);
    let standard_deviation = |variance: f64| variance.sqrt().log2();
    let figure = |what: &str, timing| {
        Measurement::new(what, timing, TOGETHER as f64, "ciphertexts")
            .with("lwe_dimension", parameters.lwe_dimension)
            .with("glwe_dimension", parameters.glwe_dimension)
            .with("polynomial_size", parameters.polynomial_size)
            .with("security_bits", parameters.security_bits())
    };
    let measured = figure("pbs", &timing)
        .found("output_deviation_log2", standard_deviation(model.bootstrap()))
        .found("modulus_switch_deviation_log2", standard_deviation(model.modulus_switch(0)))
        .found("key_bytes", wire_bytes)
        .found("key_memory_bytes", keys.memory_bytes())
        .checked_by("every output against the table");
    harness.emit(measured)?;

    let rows: Vec<&[u32]> = outputs.iter().collect();
    let (timing, down) =
        harness.time(&name("key switch"), || (), |()| keys.key_switch(&rows).map_err(stopped))?;
    // Errors this many standard deviations off do not occur.
    let most = 8.0 * model.key_switch().sqrt() * 32f64.exp2();
    for (a, b) in outputs.iter().zip(down.iter()) {
        let (before, after) =
            (secret.phase(a).map_err(refused)?, secret.phase(b).map_err(refused)?);
        let off = after.wrapping_sub(before) as i32;
        demand(f64::from(off.unsigned_abs()) < most, &name("key switch"), || {
            format!("off by {off}")
        })?;
    }
    let measured = figure("key switch", &timing)
        .with("base_log", KEY_SWITCH.base_log)
        .with("levels", KEY_SWITCH.levels)
        .found("deviation_log2", standard_deviation(model.key_switch()))
        .checked_by("every phase before and after");
    harness.emit(measured)
}

/// Operands fit by construction: nothing but a stop can come.
fn stopped(_: TfheError) -> Cancelled {
    Cancelled
}
