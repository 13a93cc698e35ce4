//! What cannot be: settings, scenario files, command lines. Refused before anything is begun.

use super::case::Case;

/// A scheme on a small network, as settings.
const SCHEMES: [(&str, &str); 4] = [
    ("bgv", "hospital --set scheme.kind=bgv"),
    ("bfv", "hospital --set scheme.kind=bfv"),
    ("ckks", "hospital --set scheme.kind=ckks"),
    ("tfhe", "hospital --set activation.kind=lookup"),
];

/// Values that no scheme takes, and what the refusal says; the first of both names the field.
const ANYWHERE: [(&str, &str, &str); 22] = [
    ("scheme.ring_degree", "-1", "scheme.ring_degree must be a whole number, 0 or more, and is -1"),
    ("scheme.ring_degree", "4096.5", "whole number"),
    ("scheme.ring_degree", "large", "and is large"),
    ("scheme.prime_count", "-1", "whole number"),
    ("scheme.prime_bits", "x", "whole number"),
    ("scheme.kind", "rsa", "auto, bgv, bfv, ckks, tfhe are possible"),
    ("scheme.past_budget", "perhaps", "true or false"),
    ("scheme.colour", "red", "there is no field colour"),
    ("activation.degree", "-1", "whole number"),
    ("activation.degree", "two", "whole number"),
    ("activation.interval", "nan", "activation.interval must be a number, and is nan"),
    ("activation.kind", "magic", "polynomial or lookup are possible"),
    ("activation", "3", "group of fields"),
    ("model", "none", "no model none"),
    ("model", "no/such.safetensors", "No such file"),
    ("dataset", "none", "no dataset none"),
    ("dataset", "no/such.csv", "No such file"),
    ("images", "-1", "whole number"),
    ("images", "1.5", "whole number"),
    ("threads", "many", "whole number"),
    ("seed", "18446744073709551616", "seed"),
    ("nothing", "1", "there is no field nothing"),
];

/// Values that are numbers and out of every range.
const RANGES: [(&str, &str, &str); 8] = [
    ("images", "0", "are possible"),
    ("images", "1000000000", "are possible"),
    ("threads", "0", "are possible"),
    ("threads", "257", "are possible"),
    ("activation.bits", "-1", "whole number"),
    ("scheme.input_bits", "-3", "whole number"),
    ("scheme.weight_bits", "1e3", "whole number"),
    ("dataset", "iris", "iris"),
];

/// Parameters that a scheme refuses by their range.
const PARAMETERS: [(&str, &str, &str, &str); 29] = [
    ("bgv", "scheme.ring_degree", "0", "2048"),
    ("bgv", "scheme.ring_degree", "1000", "2048"),
    ("bgv", "scheme.ring_degree", "65536", "32768"),
    ("bgv", "scheme.ring_degree", "1099511627776", "32768"),
    ("bgv", "scheme.prime_count", "0", "prime_count is 0"),
    ("bgv", "scheme.prime_count", "1000000", "prime_count is 1000000"),
    ("bgv", "scheme.prime_bits", "13", "prime_bits is 13"),
    ("bgv", "scheme.prime_bits", "51", "prime_bits is 51"),
    ("bgv", "scheme.plaintext_bits", "1", "plaintext_bits is 1"),
    ("bgv", "scheme.plaintext_bits", "64", "plaintext_bits is 64"),
    ("bgv", "scheme.input_bits", "1", "input_bits"),
    ("bgv", "scheme.weight_bits", "30", "weight_bits"),
    ("bfv", "scheme.ring_degree", "16385", "2048"),
    ("bfv", "scheme.prime_count", "0", "prime_count is 0"),
    ("bfv", "scheme.prime_bits", "200", "prime_bits is 200"),
    ("bfv", "scheme.plaintext_bits", "64", "plaintext_bits is 64"),
    ("ckks", "scheme.ring_degree", "1024", "4096"),
    ("ckks", "scheme.ring_degree", "2048", "4096"),
    ("ckks", "scheme.ring_degree", "131072", "65536"),
    ("ckks", "scheme.prime_count", "0", "prime_count is 0"),
    ("ckks", "scheme.prime_bits", "13", "prime_bits is 13"),
    ("ckks", "scheme.prime_bits", "200", "prime_bits is 200"),
    ("ckks", "scheme.precision_bits", "60", "precision"),
    ("ckks", "scheme.precision_bits", "4294967295", "precision"),
    ("tfhe", "scheme.lwe_dimension", "0", "440"),
    ("tfhe", "scheme.lwe_dimension", "439", "440"),
    ("tfhe", "scheme.lwe_dimension", "1201", "1200"),
    ("tfhe", "scheme.prime_count", "3", "prime"),
    ("tfhe", "activation.bits", "9", "bits"),
];

/// Polynomials that cannot be.
const POLYNOMIALS: [(&str, &str, &str); 9] = [
    ("activation.method", "magic", "magic"),
    ("activation.degree", "0", "degree"),
    ("activation.degree", "100000", "degree"),
    ("activation.interval", "0", "interval"),
    ("activation.interval", "-3", "interval"),
    ("activation.interval", "1e308", "interval"),
    ("activation.interval", "1e-300", "interval"),
    ("activation.interval", "inf", "interval must be a number"),
    ("activation.interval", "1e999", "interval"),
];

/// What recurrent scenarios refuse.
const SEQUENCES: [(&str, &str); 12] = [
    ("sequence.strategy=prayer", "are possible"),
    ("sequence.strategy=1", "sequence.strategy"),
    ("sequence.refresh_every=0", "refresh_every"),
    ("sequence.steps=0", "steps"),
    ("sequence.steps=1000", "steps"),
    ("sequence.steps=-1", "whole number"),
    ("sequence.connection=pigeon", "are possible"),
    ("sequence.colour=red", "there is no field colour"),
    ("scheme.ring_degree=1000", "ring_degree"),
    ("images=0", "are possible"),
    ("model=hospital", "hospital"),
    ("dataset=digits", "digits"),
];

/// What is no scenario file, and what is said of it.
const SCENARIOS: [(&str, &str, &str); 24] = [
    ("empty", "", "there is nothing in it"),
    ("blanks", "  \n \n", "there is nothing in it"),
    ("no JSON", "hello", "line 1"),
    ("HTML", "<!DOCTYPE html><html></html>", "line 1"),
    ("half", r#"{"name": "x", "model": "digits""#, "line 1"),
    ("list", "[]", "line 1"),
    ("number", "7", "line 1"),
    ("nothing in it", "{}", "the field name is missing"),
    ("no model", r#"{"name": "x", "dataset": "digits"}"#, "the field model is missing"),
    ("no dataset", r#"{"name": "x", "model": "digits"}"#, "the field dataset is missing"),
    (
        "twice",
        r#"{"name": "x", "name": "y", "model": "digits", "dataset": "digits"}"#,
        "name is there twice",
    ),
    (
        "unknown",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "color": 1}"#,
        "there is no field color",
    ),
    (
        "inner unknown",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "scheme": {"n": 1}}"#,
        "there is no field n",
    ),
    (
        "number for text",
        r#"{"name": 7, "model": "digits", "dataset": "digits"}"#,
        "name must be text, and is 7",
    ),
    (
        "list for text",
        r#"{"name": "x", "model": [], "dataset": "digits"}"#,
        "model must be text, and is a list",
    ),
    (
        "text for number",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "seed": "1"}"#,
        "seed must be a whole number",
    ),
    (
        "negative",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "images": -4}"#,
        "images must be a whole number",
    ),
    (
        "NaN",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "activation": {"interval": NaN}}"#,
        "activation.interval is NaN",
    ),
    (
        "infinity",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "activation": {"interval": -Infinity}}"#,
        "no number",
    ),
    (
        "too large",
        r#"{"name": "x", "model": "digits", "dataset": "digits", "activation": {"interval": 1e999}}"#,
        "line 1",
    ),
    ("comment", "{\"name\": \"x\", // mine\n\"model\": \"digits\"}", "line 1"),
    ("comma at the end", r#"{"name": "x", "model": "digits", "dataset": "digits",}"#, "line 1"),
    (
        "null",
        r#"{"name": null, "model": "digits", "dataset": "digits"}"#,
        "name must be text, and is nothing",
    ),
    ("something behind", r#"{"name": "x", "model": "digits", "dataset": "digits"} {}"#, "line 1"),
];

/// What cannot be typed.
const WORDS: [(&str, &str); 26] = [
    ("rnu digits", "unrecognized"),
    ("run", "<SCENARIO>"),
    ("run nothing", "no scenario nothing"),
    ("run digits --images 0", "--images"),
    ("run digits --images -1", "--images"),
    ("run digits --images x", "whole number"),
    ("run digits --threads 0", "--threads"),
    ("run digits --seed -1", "whole number"),
    ("run digits --seed 1.5", "whole number"),
    ("run digits --set images", "KEY=VALUE"),
    ("run digits --set =1", "setting"),
    ("run digits --report", "--report"),
    ("run digits extra", "extra"),
    ("sweep digits", "is a polynomial already"),
    ("sweep digits --function relu --degrees 9..2", "--degrees"),
    ("sweep digits --function relu --degrees x", "--degrees"),
    ("sweep digits --function relu --intervals 0", "--intervals"),
    ("sweep digits --function relu --intervals -3", "--intervals"),
    ("sweep digits --function relu --methods best", "--methods"),
    ("sweep digits --function sinus", "--function"),
    ("compare digits --schemes rsa", "--schemes"),
    ("compare digits --whole", "recurrent"),
    ("compare cryptornn --schemes bgv", "--schemes"),
    ("compare cryptornn --row-secs 0", "--row-secs"),
    ("compare cryptornn --row-secs nan", "--row-secs"),
    ("fetch imagenet", "mnist"),
];

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for (scheme, scenario) in SCHEMES {
        for (field, value, text) in ANYWHERE.into_iter().chain(RANGES) {
            // Plans and runs in turn, so that both phases meet each fault.
            let command = if all.len().is_multiple_of(2) { "plan" } else { "run" };
            let set = format!("{field}={value}");
            let case = Case::refused(&format!("{command} {scenario}"), &[text]);
            all.push(case.with(&["--set", &set]).named(scheme));
        }
    }
    for (scheme, field, value, text) in PARAMETERS {
        let scenario = SCHEMES.iter().find(|(name, _)| *name == scheme).map_or("", |(_, s)| s);
        let set = format!("{field}={value}");
        all.push(Case::refused(&format!("plan {scenario}"), &[text]).with(&["--set", &set]));
    }
    for (field, value, text) in POLYNOMIALS {
        let set = format!("{field}={value}");
        let method =
            if field == "activation.method" { "" } else { " --set activation.method=minimax" };
        let command = format!("plan cryptonn-hospital{method} --set {set}");
        all.push(Case::refused(&command, &[text]));
    }
    for (set, text) in SEQUENCES {
        let command = if all.len().is_multiple_of(2) { "plan" } else { "run" };
        all.push(Case::refused(&format!("{command} cryptornn --set {set}"), &[text]));
    }
    for (what, scenario, text) in SCENARIOS {
        let case = Case::refused("plan {dir}/s.json", &["s.json", text]);
        all.push(case.file("s.json", scenario).named(what));
    }
    all.extend(WORDS.map(|(command, text)| Case::refused(command, &[text])));
    for name in ["abacus", ""] {
        let case = Case::refused("run digits", &["CRYPTOSCOPE_KERNEL"]);
        if !name.is_empty() {
            all.push(case.variable("CRYPTOSCOPE_KERNEL", name));
        }
    }
    all
}
