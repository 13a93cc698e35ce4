//! No setting is taken and then ignored: each changes the plan, or is refused, or the plan says that it
//! is not used.

use cryptoscope::circuit::Plan;
use cryptoscope::inference::Session;
use cryptoscope::progress::Cancel;
use cryptoscope::recurrent::SequenceSession;
use cryptoscope::scenario::{RunError, Scenario, Sources};
use serde_json::Value;

/// A value for every setting of scheme, activation and sequence that is not that of the plan without it.
const VALUES: [(&str, &str); 22] = [
    ("scheme.kind", "bfv"),
    ("scheme.ring_degree", "32768"),
    ("scheme.prime_count", "9"),
    ("scheme.prime_bits", "37"),
    ("scheme.plaintext_bits", "33"),
    ("scheme.input_bits", "5"),
    ("scheme.weight_bits", "6"),
    ("scheme.precision_bits", "11"),
    ("scheme.lwe_dimension", "900"),
    ("scheme.past_budget", "true"),
    ("scheme.past_memory", "true"),
    ("activation.kind", "lookup"),
    ("activation.method", "least_squares"),
    ("activation.degree", "7"),
    ("activation.interval", "3.25"),
    ("activation.bits", "3"),
    ("activation.layers", "{\"1\": {\"degree\": 6}}"),
    ("sequence.strategy", "levelled"),
    ("sequence.refresh_every", "2"),
    ("sequence.steps", "3"),
    ("sequence.connection", "mobile"),
    ("sequence", "null"),
];

/// Those that say how a plan is taken, and not what it is.
const WITHOUT_TRACE: [&str; 3] =
    ["scheme.past_budget", "scheme.past_memory", "sequence.connection"];

fn plan(scenario: &Scenario) -> Result<Plan, RunError> {
    let sources = Sources::default();
    match scenario.sequence {
        Some(_) => SequenceSession::open(scenario, &sources)?.plan(&Cancel::default()),
        None => Session::open(scenario, &sources)?.plan(),
    }
}

/// The plan without its times, which are measured anew, and without warnings.
fn choices(plan: &Plan) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !key.contains("secs") && key != "warnings");
                map.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(plan).expect("serialises");
    strip(&mut value);
    value
}

fn scenario(name: &str, settings: &[&str]) -> Scenario {
    let start = Scenario::open(name).expect("built in");
    settings.iter().fold(start, |s, set| s.with_setting(set).expect("a known field"))
}

/// Carriers: schemes of feed-forward networks, and strategies of recurrent ones.
fn carriers() -> Vec<(&'static str, Scenario)> {
    let few = "images=8";
    let mut all = vec![
        ("bgv", scenario("digits", &["scheme.kind=bgv", few])),
        ("bfv", scenario("digits", &["scheme.kind=bfv", few])),
        ("ckks", scenario("digits", &["scheme.kind=ckks", few])),
        (
            "one chain",
            scenario("cryptornn", &["sequence.strategy=levelled", few, "sequence.steps=4"]),
        ),
        ("refresh", scenario("cryptornn", &["sequence.strategy=refresh", few, "sequence.steps=4"])),
        (
            "client",
            scenario("cryptornn", &["sequence.strategy=client_aided", few, "sequence.steps=4"]),
        ),
    ];
    if cfg!(feature = "tfhe") {
        let asked = ["scheme.kind=tfhe", "activation.kind=lookup", few];
        all.push(("tfhe", scenario("digits", &asked)));
        let asked = ["activation.kind=lookup", few, "sequence.steps=4"];
        let tables = [&["sequence.strategy=bootstrap"], &asked[..]].concat();
        all.push(("bootstrap", scenario("cryptornn", &tables)));
    }
    all
}

#[test]
fn every_setting_is_used_refused_or_told_to_be_unused() {
    for (carrier, base) in carriers() {
        let without = plan(&base).unwrap_or_else(|e| panic!("{carrier}: {e}"));
        let again = plan(&base).expect("as before");
        assert_eq!(
            choices(&without),
            choices(&again),
            "{carrier}: the same request, the same plan"
        );
        assert!(!without.warnings.iter().any(|w| w.kind == "not_used"), "{carrier}");
        for (setting, value) in VALUES {
            let of_sequence = setting.starts_with("sequence");
            if of_sequence && base.sequence.is_none() {
                continue;
            }
            let changed = base
                .with_setting(&format!("{setting}={value}"))
                .unwrap_or_else(|e| panic!("{carrier} {setting}: {e}"));
            let Ok(made) = plan(&changed) else { continue };
            let told = format!("{setting} is not used here");
            let part = format!("{setting}.1 is not used here");
            let is_told = made
                .warnings
                .iter()
                .any(|w| w.message.starts_with(&told) || w.message.starts_with(&part));
            let is_used = choices(&made) != choices(&without)
                || WITHOUT_TRACE.contains(&setting)
                || base == changed;
            assert!(is_used || is_told, "{carrier}: {setting}={value} is ignored without a word");
            if is_told {
                assert_eq!(choices(&made), choices(&without), "{carrier}: {setting} is used");
            }
        }
    }
}

#[test]
fn the_table_of_settings_is_whole() {
    let mut full = scenario("cryptornn", &[]);
    for (setting, value) in VALUES.iter().filter(|(s, _)| *s != "sequence") {
        full = full.with_setting(&format!("{setting}={value}")).expect("a known field");
    }
    let json = serde_json::to_value(&full).expect("serialises");
    for group in ["scheme", "activation", "sequence"] {
        for key in json[group].as_object().expect("a group").keys() {
            let path = format!("{group}.{key}");
            assert!(VALUES.iter().any(|(s, _)| *s == path), "{path} has no value here");
        }
    }
}

#[test]
fn settings_of_recurrent_networks_are_refused_on_others() {
    let text = plan(&scenario("digits", &["sequence.steps=3"])).unwrap_err().to_string();
    assert!(text.contains("recurrent"), "{text}");
    for (setting, part) in [
        ("scheme.kind=bgv", "scheme.kind is bgv"),
        ("scheme.kind=tfhe", "sequence.strategy=bootstrap"),
        ("activation.kind=lookup", "sequence.strategy=bootstrap"),
    ] {
        let text = plan(&scenario("cryptornn", &[setting])).unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn what_fits_a_stricter_precision_fits_a_looser_one() {
    for name in ["hospital", "digits"] {
        let fits = |bits: u32| {
            let precision = format!("scheme.precision_bits={bits}");
            plan(&scenario(name, &["scheme.kind=ckks", "images=50", &precision]))
        };
        let all: Vec<Result<Plan, RunError>> = (0..=30).map(fits).collect();
        let most = all.iter().rposition(Result::is_ok).expect("some fit");
        assert!(all[..=most].iter().all(Result::is_ok), "{name}: gaps below {most} bits");
        assert!(most >= 19, "{name}: {most}");
        for (bits, refused) in all.iter().enumerate().skip(most + 1) {
            let text = refused.as_ref().unwrap_err().to_string();
            assert!(text.contains(&format!("scheme.precision_bits={most} fits")), "{bits}: {text}");
            assert!(!text.contains("lower degree"), "{text}");
        }
    }
}
